// Runs derive in Pyodide: node answer.mjs FOLDER < requests > answers, one JSON a line. FOLDER holds the wheels.
import {readFileSync, readdirSync} from "node:fs";
import {createInterface} from "node:readline";
import {loadPyodide} from "pyodide";

const folder = process.argv[2];
const python = await loadPyodide({env: {TZ: "UTC0"}});
for (const name of readdirSync(folder).filter(name => name.endsWith(".whl")))
  python.unpackArchive(new Uint8Array(readFileSync(`${folder}/${name}`)), "wheel", {extractDir: "/packages"});
python.runPython("import sys; sys.path.insert(0, '/packages'); from derive.playground.answers import answer");
const answer = python.globals.get("answer");
for await (const line of createInterface({input: process.stdin})) console.log(answer(line));
