// The page: what is typed, what is asked of the worker, and what is shown. It computes nothing.

const $ = id => document.getElementById(id);
const site = JSON.parse($("site").textContent);
const examples = new Map(site.examples.map(example => [example.name, example.text]));
const tabs = [...document.querySelectorAll("[role=tab]")];
const FORMATS = {pdf: "PDF", html: "HTML", md: "Markdown", tex: "LaTeX", typ: "Typst", ipynb: "Notebook", csv: "Table (CSV)"};

// -- the worker ------------------------------------------------------------------------------------------------

let worker, ready = false, asked, number = 0;

// A worker made from a blob keeps to the policy of this page, which the server need not know.
function begin() {
  const url = new URL(`${site.files}/worker.js`, document.baseURI).href;
  const blob = URL.createObjectURL(new Blob([`import ${JSON.stringify(url)};`], {type: "text/javascript"}));
  worker = new Worker(blob, {type: "module"});
  ready = false;
  worker.onmessage = ({data}) => heard(data);
  worker.onerror = () => end("The part of this page that computes could not be started.");
  const cache = `derive ${new URL("./", document.baseURI).href} ${site.packages}`;
  worker.postMessage({site: {...site.worker, cache}});
}

function heard(data) {
  if (data.progress !== undefined) loading(data.progress);
  if (data.state) say(data.state);
  if (data.ready) {
    ready = true;
    document.documentElement.dataset.ready = data.kept ? "kept" : "loaded";
    asked ? watch() : say(data.kept ? "Ready, also without a network" : "Ready");
  }
  if (data.failed !== undefined) end(data.failed);
  else if (data.id !== undefined && asked?.id === data.id) {
    clearTimeout(asked.timer);
    const {resolve} = asked;
    asked = undefined;
    resolve(data.answer);
  }
}

// Ends the worker, and what was asked of it, with a message.
function end(message) {
  worker?.terminate();
  worker = undefined;
  if (asked) clearTimeout(asked.timer);
  const resolve = asked?.resolve;
  asked = undefined;
  resolve ? resolve({error: message, line: null, whose: "page"}) : fail({error: message, line: null});
  say("Stopped");
  busy(false);
}

function watch() {
  say("Working");
  asked.timer = setTimeout(
    () => end(`Stopped after ${site.seconds} seconds. Make the problem smaller, or work it out with derive on your own machine.`),
    site.seconds * 1000,
  );
}

function ask(request) {
  if (!worker) begin();
  return new Promise(resolve => {
    asked = {id: ++number, resolve};
    worker.postMessage({id: number, request});
    if (ready) watch();
  });
}

// -- what is said ----------------------------------------------------------------------------------------------

function say(text) {
  if ($("status").textContent !== text) $("status").textContent = text;
  if (!/^Load/.test(text)) $("progress").hidden = true;
}

function loading(part) {
  $("progress").hidden = part >= 1;
  $("progress").value = part;
  if (!ready && part < 1) $("status").textContent = `Loading ${site.size}, once`;
}

function busy(is) {
  for (const id of ["work", "check", "save"]) $(id).disabled = is;
  $("stop").hidden = !is;
  $("panel").setAttribute("aria-busy", is);
  document.querySelector(".paper").classList.toggle("stale", is);
}

function fail({error, line}) {
  $("fault").hidden = !error;
  $("fault-text").textContent = error ?? "";
  $("to-line").hidden = !line;
  $("to-line").textContent = `Go to line ${line}`;
  $("to-line").dataset.line = line ?? "";
  $("problem").toggleAttribute("aria-invalid", Boolean(line));
  wrong = line ?? 0;
  numbered();
}

// -- the problem -----------------------------------------------------------------------------------------------

let given = {name: "", text: ""}, wrong = 0;

function numbered() {
  const count = $("problem").value.split("\n").length;
  const lines = document.querySelector(".lines");
  while (lines.childElementCount > count) lines.lastChild.remove();
  while (lines.childElementCount < count) {
    const line = document.createElement("span");
    line.textContent = lines.childElementCount + 1;
    lines.append(line);
  }
  lines.querySelector(".wrong")?.classList.remove("wrong");
  lines.children[wrong - 1]?.classList.add("wrong");
  lines.scrollTop = $("problem").scrollTop;
}

// What stands in the box now, under the name of the example that it is, or of the file that it was.
function typed() {
  const text = $("problem").value, own = given.own ?? "problem";
  const name = [...examples.keys()].find(one => examples.get(one) === text);
  $("examples").value = name ?? "";
  return {name: name ?? own, text, own: given.own};
}

function take(text, own) {
  $("problem").value = text;
  $("problem").scrollTop = 0;
  given.own = own;
  fail({});
  work();
}

function work() {
  given = typed();
  remember();
  refresh();
}

$("to-line").addEventListener("click", () => {
  const area = $("problem"), line = Number($("to-line").dataset.line);
  const lines = area.value.split("\n"), start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  const height = Number.parseFloat(getComputedStyle(area).lineHeight);
  area.scrollTop = Math.max(0, (line - 5) * height);
});
$("problem").addEventListener("input", numbered);
$("problem").addEventListener("scroll", numbered);
for (const [area, button] of [["problem", "work"], ["student", "check"]])
  $(area).addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $(button).click();
  });
$("work").addEventListener("click", work);
$("examples").addEventListener("change", () => take(examples.get($("examples").value)));
$("open").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", async () => {
  const [file] = $("file").files;
  $("file").value = "";
  if (!file) return;
  if (file.size > 4 * site.most) return fail({error: `${file.name} is too large: a problem has at most ${site.most} characters.`});
  take(await file.text(), file.name.replace(/\.[^.]*$/, "").replace(/[^\p{L}\p{N}_-]+/gu, "-").slice(0, 60) || "problem");
});

// -- the products ----------------------------------------------------------------------------------------------

const answers = new Map();
const product = () => tabs.find(tab => tab.ariaSelected === "true").dataset.product;
let student = "", claims = false;

function request(format) {
  const what = product(), found = {product: what, format, problem: given.text, name: given.name};
  for (const id of ["notation", "form", "detail", "blanks"])
    if ($(id).closest("[data-for]").dataset.for.split(" ").includes(what)) found[id] = $(id).value;
  if (what === "worksheet" || what === "key") found.fade = $("fade").checked;
  return what === "check" ? {...found, work: student, claims} : found;
}

async function refresh() {
  const what = product();
  for (const part of document.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(what);
  if (asked) return;
  if (!given.text.trim() || (what === "check" && !student.trim())) return show(undefined);
  const wanted = request("html"), key = JSON.stringify(wanted);
  if (!answers.has(key)) {
    busy(true);
    const answer = await ask(wanted);
    busy(false);
    if (answer.whose !== "page") answers.set(key, answer);
    if (answers.size > 12) answers.delete(answers.keys().next().value);
    if (answer.whose === "page" || JSON.stringify(request("html")) === key) return show(answer);
    return refresh();
  }
  show(answers.get(key));
}

let url;

// Links to other places open beside the page: inside of it no other place may be shown.
function outward(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  for (const link of page.querySelectorAll('a[href^="http"]')) Object.assign(link, {target: "_blank", rel: "noopener"});
  return `<!DOCTYPE html>${page.documentElement.outerHTML}`;
}

// The document keeps to its own policy and to this page's, and knows nothing of the page around it.
function show(answer) {
  const paper = document.querySelector(".paper"), good = answer?.text !== undefined;
  fail(answer?.error ? answer : {});
  if (answer?.error) say(answer.whose === "page" ? "Stopped" : "Nothing was made: see the message");
  else if (answer) say("Done");
  else if (worker && ready) say("Ready");
  $("notes").replaceChildren(...(answer?.notes ?? []).map(note => Object.assign(document.createElement("li"), {textContent: note})));
  $("notes").hidden = !answer?.notes?.length;
  document.querySelector(".save").hidden = !good;
  paper.replaceChildren();
  if (url) URL.revokeObjectURL(url);
  url = undefined;
  if (!good) return;
  const formats = site.formats[product()];
  $("format").replaceChildren(...formats.map(value => Object.assign(document.createElement("option"), {value, textContent: FORMATS[value] ?? value})));
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts allow-popups allow-popups-to-escape-sandbox";
  frame.title = document.querySelector("[aria-selected=true]").textContent;
  url = URL.createObjectURL(new Blob([outward(answer.text)], {type: "text/html"}));
  frame.src = url;
  paper.append(frame);
}

async function save() {
  if (asked) return;
  busy(true);
  const answer = await ask(request($("format").value));
  busy(false);
  document.querySelector(".paper").classList.remove("stale");
  if (answer.error) return fail(answer), say("Nothing was saved: see the message");
  const content = answer.base64 ? Uint8Array.from(atob(answer.base64), letter => letter.charCodeAt(0)) : answer.text;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], {type: answer.type}));
  link.download = answer.file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  say(`Saved ${answer.file}`);
}

function choose(tab) {
  for (const one of tabs) {
    one.ariaSelected = String(one === tab);
    one.tabIndex = one === tab ? 0 : -1;
  }
  $("panel").setAttribute("aria-labelledby", tab.id);
  refresh();
}

for (const tab of tabs) tab.addEventListener("click", () => choose(tab));
document.querySelector("[role=tablist]").addEventListener("keydown", event => {
  const at = tabs.indexOf(document.activeElement);
  const to = {ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1}[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  const tab = tabs[(to + tabs.length) % tabs.length];
  tab.focus();
  choose(tab);
});
for (const id of ["notation", "form", "detail", "blanks", "fade"]) $(id).addEventListener("change", refresh);
$("check").addEventListener("click", () => {
  student = $("student").value;
  claims = $("claims").checked;
  work();
});
$("save").addEventListener("click", save);
$("stop").addEventListener("click", () => end("Stopped."));

// -- the link --------------------------------------------------------------------------------------------------

// The problem is in the part of the address that no server sees: JSON, deflated, in base64 for addresses.
const piped = (content, through) => new Blob([content]).stream().pipeThrough(through);

async function packed(value) {
  const bytes = new Uint8Array(await new Response(piped(JSON.stringify(value), new CompressionStream("deflate-raw"))).arrayBuffer());
  const letters = Array.from(bytes, byte => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), letter => letter.charCodeAt(0));
  const parts = [];
  let size = 0;
  for await (const part of piped(bytes, new DecompressionStream("deflate-raw"))) {
    size += part.length;
    if (size > 4 * site.most) throw new RangeError("too large");
    parts.push(part);
  }
  const {name, text: problem} = JSON.parse(await new Blob(parts).text());
  if (typeof name !== "string" || typeof problem !== "string" || problem.length > site.most) throw new TypeError("no problem");
  return {name: /^[\p{L}\p{N}_-]{1,60}$/u.test(name) ? name : "problem", text: problem};
}

let linking = Promise.resolve();

function remember() {
  const {name, text} = given;
  linking = linking.then(() => packed({name, text})).then(hash => history.replaceState(null, "", `#${hash}`));
}

$("link").addEventListener("click", async () => {
  given = typed();
  remember();
  await linking;
  try {
    await navigator.clipboard.writeText(location.href);
    $("linked").textContent = "Copied";
  } catch {
    $("linked").textContent = "The address of this page is the link";
  }
});

// -- the start -------------------------------------------------------------------------------------------------

// The worker's own files come through the service worker only if it is there before the worker is.
async function served() {
  if (!navigator.serviceWorker) return;
  try {
    await navigator.serviceWorker.register("sw.js");
  } catch {
    return; // as in a private window: then there is no page without a network
  }
  if (navigator.serviceWorker.controller) return;
  await Promise.race([
    new Promise(resolve => navigator.serviceWorker.addEventListener("controllerchange", resolve, {once: true})),
    new Promise(resolve => setTimeout(resolve, 3000)),
  ]);
}

async function linked() {
  const hash = location.hash.slice(1);
  if (!hash || hash === "made") return undefined;
  try {
    return await unpacked(hash);
  } catch {
    fail({error: "The link of this page holds no problem: perhaps a part of it was lost on the way."});
    return undefined;
  }
}

const shared = await linked();
const first = shared ?? {name: site.examples[0].name, text: site.examples[0].text};
const broken = $("fault-text").textContent;
if (examples.get(first.name) !== first.text) given.own = first.name;
$("problem").value = first.text;
given = typed();
numbered();
await served();
begin();
await refresh();
if (broken) fail({error: broken});
addEventListener("hashchange", async () => {
  const other = await linked();
  if (!other) return;
  take(other.text, other.name);
});
