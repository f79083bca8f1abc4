// Shows one step of the page at a time. Every formula and every number stands in the page; nothing is computed here.
"use strict";
for (const stepper of document.querySelectorAll(".stepper")) {
  const find = (selector) => stepper.querySelector(selector);
  const steps = [...stepper.querySelectorAll(".step")];
  const picture = find(".picture");
  const slider = find("input");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const passes = [...(picture?.querySelectorAll(".pass") ?? [])];
  const ids = (element) => element.dataset.quantity.split(" ");
  const around = (step) => [...ids(step), ...step.dataset.places.split(" ").filter(Boolean)];
  let now = 0;

  // The places of every quantity in the picture, and the step that finds it.
  const places = new Map();
  for (const element of picture?.querySelectorAll("[data-quantity]") ?? []) {
    for (const id of ids(element)) places.set(id, [...(places.get(id) ?? []), element]);
  }
  const found = new Map();
  steps.forEach((step, number) => ids(step).forEach((id) => found.set(id, number)));

  const mark = (elements, name, on) => elements.forEach((element) => element.classList.toggle(name, on));
  const clear = (name) => mark(stepper.querySelectorAll(`.${name}`), name, false);

  // Puts a marker behind the texts of the picture that a step finds.
  const spot = (text) => {
    const { x, y, width, height } = text.getBBox();
    const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const sides = { class: "spot", x: x - 2, y, width: width + 4, height, rx: 2 };
    for (const [name, value] of Object.entries(sides)) box.setAttribute(name, value);
    text.prepend(box);
  };

  // Brings the place of a quantity into view, where the picture is wider than the screen.
  const reveal = (id) => {
    const place = (places.get(id) ?? []).find((element) => !element.matches("polyline") && !element.closest("[hidden]"));
    if (!place) return;
    const box = picture.getBoundingClientRect();
    const at = place.getBoundingClientRect();
    const left = picture.scrollLeft + at.left + at.width / 2 - box.left - box.width / 2;
    picture.scrollTo({ left, behavior: calm.matches ? "auto" : "smooth" });
  };

  const show = (number, announce) => {
    now = Math.min(Math.max(number, 0), steps.length - 1);
    const step = steps[now];
    // What is hidden loses the focus, and with it the keys: the stepper takes it over.
    if (steps.some((other) => other !== step && other.contains(document.activeElement))) stepper.focus();
    steps.forEach((other) => (other.hidden = other !== step));
    passes.forEach((pass, number) => (pass.hidden = number !== Number(step.dataset.scene)));
    slider.value = now + 1;
    slider.setAttribute("aria-valuetext", `${now + 1} of ${steps.length}`);
    find(".place").textContent = `${now + 1} of ${steps.length}`;
    // Not disabled, for a disabled button loses the focus.
    find(".back").setAttribute("aria-disabled", now === 0);
    find(".next").setAttribute("aria-disabled", now === steps.length - 1);
    ["target", "source", "here"].forEach(clear);
    for (const [id, elements] of places) mark(elements, "pending", (found.get(id) ?? -1) > now);
    for (const source of step.querySelectorAll(".sources [data-quantity]")) {
      for (const id of ids(source)) mark(places.get(id) ?? [], "source", true);
    }
    for (const id of around(step)) mark(places.get(id) ?? [], "target", true);
    stepper.querySelectorAll(".spot").forEach((box) => box.remove());
    passes[Number(step.dataset.scene)]?.querySelectorAll(".dv-text.target").forEach(spot);
    reveal(around(step).find((id) => places.has(id)));
    if (announce) find("[aria-live]").textContent = step.dataset.words;
  };

  // What stands for a quantity in the picture may be the array that it is an element of: a step knows it.
  const kin = (id) => {
    const step = steps[now];
    const others = [...step.querySelectorAll(".sources [data-quantity]")].map(ids).filter((all) => all.includes(id));
    return [id, ...others.flat(), ...(ids(step).includes(id) ? around(step) : [])];
  };

  // Lights the symbols of a quantity in the formula and its places in the picture, from either side.
  const light = (event) => {
    clear("here");
    const element = event.target.closest("[data-quantity]");
    if (!element || element.matches(".step")) return;
    for (const id of ids(element).flatMap(kin)) {
      mark(places.get(id) ?? [], "here", true);
      mark(steps[now].querySelectorAll(`[data-quantity~="${id}"]`), "here", true);
    }
  };
  stepper.addEventListener("pointerover", light);
  stepper.addEventListener("focusin", light);
  stepper.addEventListener("pointerleave", () => clear("here"));
  stepper.addEventListener("click", (event) => {
    const source = event.target.closest(".sources [data-quantity]");
    if (source) reveal(ids(source).find((id) => places.has(id)));
  });

  find(".back").addEventListener("click", () => show(now - 1, true));
  find(".next").addEventListener("click", () => show(now + 1, true));
  slider.addEventListener("input", () => show(Number(slider.value) - 1, true));
  const moves = { ArrowLeft: () => now - 1, ArrowRight: () => now + 1, Home: () => 0, End: () => steps.length - 1 };
  // The keys work inside the stepper, and at once where nothing has the focus and the stepper is in view.
  const inView = () => {
    const { top, bottom } = stepper.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  };
  document.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    const inside = stepper.contains(event.target);
    const free = event.target === document.body && event.key.startsWith("Arrow") && inView();
    const scrolls = event.target === slider || (inside && event.target.matches(".scroll"));
    if (!move || !(inside || free) || scrolls || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(move(), true);
  });

  stepper.hidden = false;
  show(0, false);
}
