// Reads [[formula, displayMode], ...] as JSON from standard input; writes one entry for each:
// null where KaTeX accepts the formula, otherwise its message.
const katex = require("katex");

// Left to itself KaTeX prints a command that it does not trust (\href, \includegraphics) in red and reports nothing.
function trust({ command }) {
  throw new katex.ParseError(`${command} is not trusted`);
}

function refusal([formula, displayMode]) {
  try {
    katex.renderToString(formula, { displayMode, throwOnError: true, strict: "error", trust });
    return null;
  } catch (error) {
    if (error instanceof katex.ParseError) return error.message;
    throw error;
  }
}

const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(formulas.map(refusal)));
