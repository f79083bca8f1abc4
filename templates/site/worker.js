// Runs derive: loads Python and the wheels, checks and keeps them, and answers one request after another.

const root = new URL("../../", import.meta.url);
let site, cache, python, answer;
let loaded = 0, total = 0;

const tell = message => postMessage(message);

// Every file is compared with its digest; what was right once is kept, for the next visit and for one without network.
async function got(file) {
  const url = new URL(file.path, root).href;
  const kept = await cache?.match(url);
  if (kept) {
    counted(file.size);
    return kept;
  }
  let response;
  try {
    response = await unwatched(url, {integrity: `sha256-${file.digest}`, cache: "no-cache"});
  } catch {
    throw new Error(`${file.path} could not be loaded: there is no network, or the site holds another file than this page was made with.`);
  }
  if (!response.ok) throw new Error(`${file.path} could not be loaded: the server says ${response.status}.`);
  const content = await response.arrayBuffer();
  counted(file.size);
  const made = () => new Response(content, {headers: {"Content-Type": file.type}});
  try {
    await cache?.put(url, made());
  } catch {
    cache = undefined; // no room: it works all the same, but only with a network
  }
  return made();
}

function counted(size) {
  loaded += size;
  tell({progress: Math.min(loaded / total, 1)});
}

// Pyodide asks for its own files by fetch.
const unwatched = fetch.bind(self);
self.fetch = (resource, options) => {
  const url = new URL(resource?.url ?? resource, root).href;
  const file = site.runtime.find(one => new URL(one.path, root).href === url);
  return file ? got(file) : unwatched(resource, options);
};

const named = name => site.runtime.find(file => file.path.endsWith(`/${name}`));

async function load(files) {
  total = files.reduce((sum, file) => sum + file.size, 0);
  loaded = 0;
  return Promise.all(files.map(got));
}

const place = () => `/lib/python${site.python}/site-packages`;

async function unpack(responses) {
  for (const response of responses) python.unpackArchive(await response.arrayBuffer(), "wheel", {extractDir: place()});
}

async function start() {
  cache = await self.caches?.open(site.cache).catch(() => undefined);
  await forget();
  const wheels = site.wheels.filter(file => file.when === "start");
  const responses = (await load([...site.runtime, ...wheels])).slice(site.runtime.length);
  tell({state: "Starting Python"});
  const modules = [];
  for (const name of ["pyodide.mjs", "pyodide.asm.mjs"]) modules.push(await import(new URL(named(name).path, root).href));
  python = await modules[0].loadPyodide({
    indexURL: new URL("./", new URL(named("pyodide.mjs").path, root)).href,
    createPyodideModule: modules[1].default,
    // With a time zone said here, what makes the PDF need not ask for it by a script, which the page's policy forbids.
    env: {TZ: "UTC0"},
    lockFileContents: await (await got(named("pyodide-lock.json"))).text(),
    stdout: () => undefined,
    stderr: () => undefined,
  });
  tell({state: "Unpacking derive"});
  await unpack(responses);
  await remember();
  tell({state: "Starting derive"});
  python.runPython("from derive.playground.answers import answer");
  answer = python.globals.get("answer");
  tell({ready: true, kept: Boolean(cache)});
}

// What an earlier page has kept, and this one does not load.
async function forget() {
  const known = new Set([...site.runtime, ...site.wheels].map(file => new URL(file.path, root).href).concat(compiled()));
  for (const request of await cache?.keys() ?? []) if (!known.has(request.url)) await cache.delete(request);
}

// Python compiles every module when it is first used, which takes longer than all the rest: that is kept, too.
const compiled = () => new URL(`compiled/${site.digest}`, root).href;
let remembered;

async function remember() {
  if (!cache) return;
  python.runPython("import sys; sys.dont_write_bytecode = False");
  const modules = python.pyimport("derive.playground.kept");
  modules.settle(place());
  const found = await cache?.match(compiled());
  if (found) modules.restore(place(), python.toPy(new Uint8Array(await found.arrayBuffer())));
  remembered = {modules, files: modules.count(place())};
}

async function keep() {
  if (!cache || !remembered) return;
  const {modules, files} = remembered, now = modules.count(place());
  if (now === files) return;
  remembered.files = now;
  const content = modules.compiled(place()).toJs();
  await cache.put(compiled(), new Response(content)).catch(() => undefined);
}

let withPdf = false;

async function answered(request) {
  if (request.format === "pdf" && !withPdf) {
    tell({state: "Loading what makes the PDF"});
    await unpack(await load(site.wheels.filter(file => file.when === "pdf")));
    withPdf = true;
    tell({state: "Working"});
  }
  return JSON.parse(answer(JSON.stringify(request)));
}

const started = new Promise(begin => {
  addEventListener("message", async ({data}) => {
    if (data.site) {
      site = data.site;
      begin(start().catch(error => tell({failed: error.message})));
      return;
    }
    await started;
    try {
      tell({id: data.id, answer: await answered(data.request)});
    } catch (error) {
      const why = error.message.trim().split("\n").pop();
      tell({id: data.id, failed: `Nothing was made: this is a fault of the program, not of your problem (${why}). Please report it, with the problem.`});
      return;
    }
    keep();
  });
});
