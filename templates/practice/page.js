
// -- the page ----------------------------------------------------------------------------------------------------
// Shows a sheet, asks the judge after every entry, and keeps what was written in this browser.
const start = () => {
  const byId = (id) => document.getElementById(id);
  const sheet = JSON.parse(byId("data").textContent);
  const judge = judgeOf(sheet, formulas);
  const say = (key, parts = {}) => sheet.phrases[key].replace(/\{(\w+)\}/g, (whole, name) => parts[name] ?? whole);
  const mark = sheet.comma ? "," : ".";
  const shown = (text) => text.replace(".", mark);
  const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
  const labels = (all) => all.map((k) => sheet.boxes[k].label).join(", ");
  let number = 0, variant = null, texts = [], shownHints = [], verdicts = [];

  // Some browsers keep nothing for a file; then the page works all the same.
  const here = new Map();
  const passing = { getItem: (key) => here.get(key) ?? null, setItem: (key, text) => here.set(key, text) };
  const memory = (() => {
    try {
      localStorage.setItem("derive", "1");
      localStorage.removeItem("derive");
      return localStorage;
    } catch {
      return passing;
    }
  })();
  const name = () => `derive ${variant.form}`;
  const recall = () => {
    try {
      const kept = JSON.parse(memory.getItem(name()) ?? "null");
      texts = sheet.boxes.map((_, k) => (typeof kept?.texts?.[k] === "string" ? kept.texts[k].slice(0, 60) : ""));
      shownHints = sheet.boxes.map((_, k) => Number(kept?.hints?.[k]) || 0);
    } catch {
      texts = sheet.boxes.map(() => "");
      shownHints = sheet.boxes.map(() => 0);
    }
  };
  const keep = () => {
    try {
      memory.setItem(name(), JSON.stringify({ texts, hints: shownHints }));
    } catch {
      // A full memory keeps what was there before.
    }
  };

  const element = (k) => document.querySelector(`[data-box="${k}"]`);
  const GOOD = ["good", "\u2713"], BAD = ["bad", "\u2717"], OWN = ["own", "\u2192"], OPEN = ["", "\u00b7"];
  const LOOKS = { right: GOOD, rounded: GOOD, follows: OWN, turned: OWN, mistake: BAD, wrong: BAD };
  const words = (said) => sheet.words[said].map((one) => sheet.sentences[one]).join(" ");
  const advice = (verdict) => {
    const said = verdict.mistakes.map((one) => words(one.said));
    if (said.length < 2) return said.map((one) => `<strong>${say(verdict.likely === false ? "perhaps" : "probably")}</strong> ${one}`).join("");
    return `${say("mistakes_fit_here")} ${said.join(` <strong>${say("mistakes_or")}</strong> `)}`;
  };
  const sentence = (k, verdict) => {
    const box = sheet.boxes[k];
    switch (verdict.kind) {
      case "mistake":
        return verdict.said === undefined ? advice(verdict) : `<strong>${say("probably")}</strong> ${words(verdict.said)}`;
      case "again":
        return say("again", { labels: labels(verdict.roots) });
      case "follows":
        return say(verdict.roots.length > 1 ? "follows_several" : "follows", { labels: labels(verdict.roots) });
      case "early":
        return say("early", { labels: labels(box.needs.filter((other) => !texts[other].trim())) });
      case "turned":
        return `${say("turned")} ${advice(verdict)}`;
      case "near":
      case "few":
        return say(verdict.kind, { places: String(box.places) });
      case "unread":
        return box.sort === "number" ? say("unread", { example: shown("0.15") }) : say({ choice: "unread_letter", shape: "unread_shape", count: "unread_count" }[box.sort]);
      default:
        return say(verdict.kind);
    }
  };

  const hintsOf = (k) => {
    const hint = sheet.hints[k];
    const numbers = (hint.numbers ?? []).map(([name, at]) => {
      const other = sheet.boxes.findIndex((box) => box.at === at);
      const given = [...variant.givens, ...variant.printed].find(([place]) => place === at);
      if (other < 0) return `${name} = ${given ? shown(given[1]) : ""}`;
      const label = sheet.boxes[other].label;
      const own = texts[other].trim();
      return own ? `${name} = ${escaped(own)} (${say("hint_yours", { label })})` : `${name}: ${say("hint_first", { label })}`;
    });
    const all = [];
    if (hint.rule) all.push(`<strong>${say("hint_rule")}</strong> ${hint.rule}`);
    if (hint.formula) all.push(`<strong>${say("hint_formula")}</strong> ${hint.formula}`);
    if (numbers.length) all.push(`<strong>${say("hint_numbers")}</strong> ${numbers.join("; ")}`);
    return all;
  };
  const showHints = (k) => {
    const place = element(k), button = place.querySelector(".hint"), all = hintsOf(k);
    place.querySelector(".hints").innerHTML = all.slice(0, shownHints[k]).map((one) => `<div>${one}</div>`).join("");
    button.hidden = !all.length || shownHints[k] >= all.length;
    button.textContent = "";
    button.insertAdjacentHTML("beforeend", say(shownHints[k] ? "hint_more" : "hint"));
    button.setAttribute("aria-label", `${button.textContent} ${sheet.boxes[k].label}`);
    button.setAttribute("aria-expanded", String(shownHints[k] > 0));
  };

  const showAll = (changed) => {
    verdicts = judge(variant, texts);
    sheet.boxes.forEach((box, k) => {
      const place = element(k), verdict = verdicts[k];
      const [look, sign] = verdict ? (LOOKS[verdict.kind] ?? OPEN) : ["", ""];
      // A tick says that a value is right; the word is for those who hear the page.
      place.className = `box ${look} ${verdict?.kind === "right" ? "plain" : ""}`;
      place.querySelector(".mark").textContent = sign;
      const words = verdict ? sentence(k, verdict) : "";
      const said = place.querySelector(".said");
      if (said.dataset.words !== words) {
        said.innerHTML = words;
        said.dataset.words = words;
      }
      place.querySelector("input").setAttribute("aria-invalid", String(look === "bad"));
      if (shownHints[k] > 2) showHints(k);
    });
    const right = verdicts.filter((one) => one && (one.kind === "right" || one.kind === "rounded")).length;
    const progress = say("progress", { right: String(right), count: String(sheet.boxes.length) });
    byId("progress").innerHTML = right === sheet.boxes.length ? `${progress} ${say("done")}` : progress;
    if (changed !== undefined && verdicts[changed]) {
      byId("told").textContent = `${sheet.boxes[changed].label}: ${element(changed).querySelector(".said").textContent} ${byId("progress").textContent}`;
    }
  };

  const showVariant = (which) => {
    number = which;
    variant = opened(sheet.variants[number]);
    const { literals, picks } = sheet.body;
    byId("sheet").innerHTML = literals.map((text, place) => text + (place < picks.length ? variant.texts[picks[place]] : "")).join("");
    byId("which").innerHTML = say("numbers", { number: String(number + 1), count: String(sheet.variants.length) });
    recall();
    sheet.boxes.forEach((_, k) => {
      const place = element(k), input = place.querySelector("input");
      input.value = texts[k];
      input.addEventListener("change", () => {
        texts[k] = input.value;
        keep();
        showAll(k);
      });
      input.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        input.dispatchEvent(new Event("change"));
        if (verdicts[k]?.kind === "right" || verdicts[k]?.kind === "rounded") element(k + 1)?.querySelector("input").focus();
      });
      place.querySelector(".hint").addEventListener("click", () => {
        shownHints[k] += 1;
        keep();
        showHints(k);
        const hints = place.querySelector(".hints");
        byId("told").textContent = hints.lastElementChild?.textContent ?? "";
      });
      showHints(k);
    });
    for (const one of document.querySelectorAll(".scroll.sketch")) one.setAttribute("aria-label", sheet.phrases.scrolls);
    showAll();
    try {
      memory.setItem(`derive page ${sheet.id}`, String(number));
    } catch {
      // See above.
    }
  };

  byId("other").addEventListener("click", () => showVariant((number + 1) % sheet.variants.length));
  byId("other").hidden = byId("which").hidden = sheet.variants.length < 2;
  byId("clear").addEventListener("click", () => {
    const words = document.createElement("p");
    words.innerHTML = say("clear_sure");
    if (!confirm(words.textContent)) return;
    texts = texts.map(() => "");
    shownHints = shownHints.map(() => 0);
    keep();
    showVariant(number);
  });
  byId("open").addEventListener("click", () => {
    const open = verdicts.findIndex((one) => !one || (one.kind !== "right" && one.kind !== "rounded"));
    if (open < 0) return;
    const input = element(open).querySelector("input");
    input.focus();
    input.scrollIntoView({ block: "center" });
  });
  byId("kept").innerHTML = say(memory === passing ? "unsaved" : "kept");
  byId("bar").hidden = byId("sets").hidden = false;
  const last = Number(memory.getItem(`derive page ${sheet.id}`) ?? 0);
  showVariant(Number.isInteger(last) && last >= 0 && last < sheet.variants.length ? last : 0);
};
if (typeof document !== "undefined") start();
