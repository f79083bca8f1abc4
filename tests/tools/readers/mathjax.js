// Reads [[formula, displayMode], ...] as JSON from standard input; writes one entry for each:
// null where MathJax typesets the formula, otherwise its message.
const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));

// The usual packages without those that show a command that they do not know in red, and go on.
const packages = { "[-]": ["noundefined", "noerrors"] };

async function refusal(mathjax, [formula, display]) {
  try {
    // A promise, for a package may have to be loaded first.
    const found = /<merror[^>]*data-mjx-error="([^"]*)"/.exec(await mathjax.tex2mmlPromise(formula, { display }));
    return found === null ? null : found[1];
  } catch (error) {
    return error.message;
  }
}

async function all() {
  const mathjax = await require("mathjax").init({ loader: { load: ["input/tex"] }, tex: { packages } });
  const messages = [];
  for (const one of formulas) messages.push(await refusal(mathjax, one));
  process.stdout.write(JSON.stringify(messages));
}

all();
