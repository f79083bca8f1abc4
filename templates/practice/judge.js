// Judges the boxes of a sheet with the writer's own numbers. It says what is sure, and less where it is not.
// Numbers are intervals, because those of a browser are rounded: whatever is said holds for the whole interval.
const EVERYTHING = [-Infinity, Infinity];
const NOISE = 2 ** -51;
let inside = 0; // how far rounding inside of a line may move a product, a quotient or a function's value

const range = (low, high, times = 1) => {
  const found = [low - Math.abs(low) * NOISE * times, high + Math.abs(high) * NOISE * times];
  return Number.isFinite(found[0]) && Number.isFinite(found[1]) ? found : EVERYTHING;
};
const wider = (x, by) => (by ? [x[0] - by, x[1] + by] : x);
const rounded = (x) => wider(x, inside);
const exact = (number) => [number, number];
const near = (number) => range(number, number, 2);
const join = (x, y) => [Math.min(x[0], y[0]), Math.max(x[1], y[1])];

const neg = (x) => [-x[1], -x[0]];
const add = (...terms) => terms.reduce((x, y) => range(x[0] + y[0], x[1] + y[1]));
const times = (x, y) => {
  const none = (z) => z[0] === 0 && z[1] === 0;
  if (none(x) || none(y)) return exact(0);
  const all = [x[0] * y[0], x[0] * y[1], x[1] * y[0], x[1] * y[1]];
  return all.some(Number.isNaN) ? EVERYTHING : rounded(range(Math.min(...all), Math.max(...all)));
};
const mul = (...factors) => factors.reduce(times);
const div = (x, y) => {
  if (y[0] <= 0 && y[1] >= 0) return EVERYTHING;
  return times(x, range(1 / y[1], 1 / y[0]));
};
const rising = (f, noise = 8) => (x) => {
  const [low, high] = [f(x[0]), f(x[1])];
  if (!Number.isFinite(low) || !Number.isFinite(high)) return EVERYTHING;
  return rounded(range(low, high, noise));
};
const exp = rising(Math.exp);
const above = (f, least, at) => (x) => (x[0] > least || (at && x[0] === least) ? f(x) : EVERYTHING);
const ln = above(rising(Math.log), 0, false);
const log10 = above(rising(Math.log10), 0, false);
const sqrt = above(rising(Math.sqrt), 0, true);
const tanh = rising(Math.tanh);
const sigmoid = (x) => (x[0] === 0 && x[1] === 0 ? exact(0.5) : rising((z) => 1 / (1 + Math.exp(-z)))(x));
const softplus = rising((z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))));
const relu = (x) => [Math.max(x[0], 0), Math.max(x[1], 0)];
const abs = (x) => (x[0] >= 0 ? x : x[1] <= 0 ? neg(x) : [0, Math.max(-x[0], x[1])]);
const step = (x) => (x[0] > 0 ? exact(1) : x[1] <= 0 ? exact(0) : [0, 1]);
const sign = (x) => [Math.sign(x[0]), Math.sign(x[1])];
const max = (...all) => [Math.max(...all.map((x) => x[0])), Math.max(...all.map((x) => x[1]))];
const min = (...all) => [Math.min(...all.map((x) => x[0])), Math.min(...all.map((x) => x[1]))];
const pi = () => near(Math.PI);
const wave = (f) => (x) => {
  if (!(x[1] - x[0] < 6)) return [-1, 1];
  // Nowhere does it change faster than its argument.
  const middle = f((x[0] + x[1]) / 2), half = (x[1] - x[0]) / 2 + 1e-15 * Math.max(1, Math.abs(x[0]), Math.abs(x[1]));
  return rounded([Math.max(middle - half, -1), Math.min(middle + half, 1)]);
};
const sin = (x) => (x[0] === 0 && x[1] === 0 ? x : wave(Math.sin)(x));
const cos = (x) => (x[0] === 0 && x[1] === 0 ? exact(1) : wave(Math.cos)(x));
const errors = (z) => {
  if (Math.abs(z) > 6) return Math.sign(z);
  // 2/sqrt(pi) e^(-z^2) sum of 2^n z^(2n+1) / (1 * 3 * 5 ... (2n+1)): all terms have one sign, so nothing cancels.
  let term = z, sum = z;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-18; n++) sum += term *= (2 * z * z) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
};
const erf = (x) => (x[0] === 0 && x[1] === 0 ? x : rising(errors, 400)(x));
const power = (x, n) => {
  if (n < 0) return div(exact(1), power(x, -n));
  if (n === 0) return exact(1);
  const ends = [x[0] ** n, x[1] ** n];
  const low = n % 2 ? ends[0] : x[0] <= 0 && x[1] >= 0 ? 0 : Math.min(...ends);
  const found = range(low, Math.max(...ends), n);
  return n === 1 ? found : rounded(found);
};
const real = (x, y) => (x[0] > 0 ? exp(times(ln(x), y)) : EVERYTHING);
const HOLDS = {
  ">": (x) => (x[0] > 0 ? true : x[1] <= 0 ? false : null),
  ">=": (x) => (x[0] >= 0 ? true : x[1] < 0 ? false : null),
  "<": (x) => HOLDS[">"](neg(x)),
  "<=": (x) => HOLDS[">="](neg(x)),
  "=": (x) => (x[0] === 0 && x[1] === 0 ? true : x[0] > 0 || x[1] < 0 ? false : null),
  "!=": (x) => (HOLDS["="](x) === null ? null : !HOLDS["="](x)),
};
const cases = (...branches) => {
  let found = null;
  for (const [value, relation, difference] of branches) {
    const holds = HOLDS[relation](difference());
    if (holds === false) continue;
    found = found === null ? value() : join(found, value());
    if (holds) return found;
  }
  return found ?? EVERYTHING;
};

// -- what is written ---------------------------------------------------------------------------------------------
const WRITTEN = /^([+-]?)(\d*)(?:[.,](\d*))?(?:[eE]([+-]?\d{1,2}))?$/;
// A number as somebody types it: its value and its decimals; null where it is none.
const read = (text) => {
  const plain = text.replace(/[\u2212\u2013]/g, "-").replace(/\s/g, "");
  const parts = WRITTEN.exec(plain);
  if (!parts || (!parts[2] && !parts[3])) return null;
  const [, minus, whole, decimals = "", shift = "0"] = parts;
  if (whole.length + decimals.length > 40) return null;
  const value = Number(`${minus}${whole || "0"}.${decimals || "0"}e${shift}`);
  return { value, places: Math.max(decimals.length - Number(shift), 0) };
};
const half = (places) => 0.5 * 10 ** -places;
const SLACK = 1e-9;
// Whether an interval is surely within so much of a number, or surely not; null where the numbers of a browser leave it open.
const within = (x, value, by) => {
  const edge = by * SLACK + Math.abs(value) * NOISE * 4;
  if (x[1] - value <= by - edge && value - x[0] <= by - edge) return true;
  return x[0] - value > by + edge || value - x[1] > by + edge ? false : null;
};
// Whether some number between two computed ones is surely within so much of a number.
const between = (x, y, value, by) => {
  if (within(x, value, by) || within(y, value, by)) return true;
  const low = Math.min(x[1], y[1]), high = Math.max(x[0], y[0]);
  // Roundings are steps: far from both ends not every number is reached.
  return low <= high && high - low < 4 * by && high > value - by * (1 - SLACK) && low < value + by * (1 - SLACK);
};
const shape = (text) => {
  const found = /^\s*[[(]?\s*(\d{1,6})\s*(?:x|X|\u00d7|\*|,|by)\s*(\d{1,6})\s*[\])]?\s*$/.exec(text);
  return found && `${Number(found[1])}\u00d7${Number(found[2])}`;
};

// -- a sheet -----------------------------------------------------------------------------------------------------
// Verdicts: right, rounded (right with what was rounded on the way), follows (from an own wrong value), mistake, wrong.
// No verdicts, because the numbers do not tell: early (boxes before it are empty), few (too few decimals), fits (right or
// following), near, again (what went wrong above may be in it), turned (the other sign, which may be meant so), signs
// (errors above are taken with the other sign) and unread.
const VERDICTS = ["right", "rounded", "follows", "mistake", "wrong"];

// A judge of the sheets of a problem: `formulas` are its steps as functions of all numbers.
const judgeOf = (sheet, formulas) => {
  const boxAt = new Map(sheet.boxes.map((box, k) => [box.at, k]).filter(([at]) => at !== null));
  const sources = new Map(sheet.lines.map(([at, , , from]) => [at, from]));

  return (variant, texts) => {
    const found = sheet.boxes.map(() => null);
    const written = sheet.boxes.map((box, k) => {
      const text = (texts[k] ?? "").trim();
      if (!text) return null;
      if (box.sort === "number" && box.at !== null) {
        const number = read(text);
        if (!number) found[k] = { kind: "unread" };
        return number;
      }
      found[k] = inWords(box, variant.boxes[k], text);
      return null;
    });
    const stated = (at) => (boxAt.has(at) ? written[boxAt.get(at)] : null);
    const [most, few] = usual(sheet, variant, written);
    const unit = 2 * half(Math.min(few, ...sheet.boxes.map((box) => box.places ?? 99)));

    const given = Array(sheet.registers).fill(EVERYTHING);
    for (const [at, text] of variant.givens) given[at] = /^-?\d{1,15}$/.test(text) ? exact(Number(text)) : near(Number(text));
    const plain = [...given], unrounded = [...given], carried = [...given], wide = [...given], instead = [...given];
    const roots = given.map(() => new Set()), open = given.map(() => false);
    const suspected = new Map();
    // What is behind a box and in no other: steps, and given numbers.
    const ancestors = (at, through) => {
      const all = new Set(), waiting = [at];
      while (waiting.length) {
        for (const source of sources.get(waiting.pop()) ?? []) {
          if (all.has(source) || !through(source)) continue;
          all.add(source);
          waiting.push(source);
        }
      }
      return [...all];
    };
    const behind = (at) => ancestors(at, (source) => !stated(source));
    // All that a box comes from: an own wrong step may have been gone on with, past a box that is right.
    const everything = (at) => ancestors(at, () => true);
    // What a box's step gives when the numbers of other boxes go in with fewer decimals than they stand there with.
    const coarser = (at, places) => {
      const own = [...plain], between = new Set([...behind(at).filter((source) => sources.has(source)), at]);
      for (const place of between) {
        for (const source of sources.get(place)) {
          const number = stated(source);
          if (number) own[source] = near(Number(number.value.toFixed(Math.min(places, 20))));
        }
      }
      for (const [place, formula] of sheet.lines) if (between.has(place)) own[place] = formulas[formula](own);
      return own[at];
    };
    const hidden = (at) => behind(at).filter((source) => sources.has(source));
    const shortened = written.some((one, k) => {
      if (!one || one.places < 1) return false;
      const truth = near(Number(variant.boxes[k].number));
      return within(truth, one.value, half(one.places)) === false && cutShort(truth, one);
    });
    const state = { shortened, plain, unrounded, suspected, behind, everything, coarser, written, variant, like: true, flipped: false, unnamed: [], signed: [], could: new Map(), most, made: sources };

    sheet.lines.forEach(([at, formula, places, from]) => {
      const run = (numbers, by) => {
        inside = by;
        const number = formulas[formula](numbers);
        inside = 0;
        return number;
      };
      const came = new Set(from.flatMap((source) => [...roots[source]]));
      const doubtful = from.some((source) => open[source]);
      const own = { plain: run(plain, 0), unrounded: run(unrounded, 0), carried: run(carried, 0), wide: run(wide, unit), instead: run(instead, unit) };
      const number = stated(at);
      if (!number) {
        plain[at] = sheet.carry && places !== null ? cut(own.plain, places, sheet.ties) : own.plain;
        carried[at] = places === null ? own.carried : cut(own.carried, places, sheet.ties);
        unrounded[at] = own.unrounded;
        wide[at] = wider(own.wide, unit);
        instead[at] = wider(own.instead, unit);
        roots[at] = came;
        open[at] = doubtful;
        return;
      }
      const k = boxAt.get(at);
      const verdict = (found[k] = judged(sheet, formulas, state, k, own, came, doubtful));
      state.like &&= Number(variant.boxes[k].carried) === number.value;
      if (verdict.kind === "wrong" || verdict.off) state.unnamed.push(k);
      const whole = Math.abs(Number(variant.boxes[k].number) - number.value) < 1e-12;
      const by = 2 * half(whole ? Math.max(number.places, sheet.boxes[k].places) : number.places);
      plain[at] = carried[at] = near(number.value);
      unrounded[at] = within(own.unrounded, number.value, half(number.places)) ? own.unrounded : plain[at];
      wide[at] = wider(plain[at], by);
      // Whoever has an own wrong value before it may have worked this out anew with it.
      if (came.size || doubtful) wide[at] = join(wide[at], wider(own.wide, unit));
      const bad = ["wrong", "mistake"].includes(verdict.kind);
      const right = near(Number(variant.boxes[k].number));
      instead[at] = bad || verdict.kind === "follows" ? wider(right, by + unit) : wider(plain[at], by);
      // Somebody may take every error with the other sign: then what comes later is to be read so.
      const named = verdict.kind === "mistake";
      const plainly = verdict.mistakes?.some((one) => one.names.every((name) => !name.split("-").includes("sign")));
      const opposite = sheet.boxes[k].turns && right[0] * number.value < 0;
      if (opposite && (verdict.kind === "turned" || (bad && !plainly))) state.flipped = true;
      open[at] = !VERDICTS.includes(verdict.kind) || (verdict.kind === "right" && (came.size > 0 || doubtful) && verdict.also);
      roots[at] = bad ? new Set([k]) : verdict.kind === "right" && !verdict.also ? new Set() : came;
      if (verdict.kind === "rounded") roots[at] = new Set();
      // Where it cannot be said what went wrong, a given number may have been misread.
      const doubt = bad ? (verdict.here && named ? [] : named ? hidden(at) : behind(at)) : verdict.kind === "near" ? hidden(at) : verdict.kind === "early" ? behind(at) : [];
      doubt.forEach((place) => suspected.set(place, [...(suspected.get(place) ?? []), k]));
    });
    // A mistake in a step that is in no box is denied by right values that come from this step.
    found.forEach((verdict, k) => {
      if (verdict?.kind !== "mistake" || !verdict.mistakes) return;
      const denied = (at) =>
        found.some((one, other) => other !== k && (one?.kind === "right" || one?.kind === "rounded") && behind(sheet.boxes[other].at).includes(at));
      const kept = verdict.mistakes.filter((one) => one.here || !one.where.some(denied));
      found[k] = kept.length ? { ...verdict, mistakes: kept } : { kind: "wrong" };
    });
    // Who makes a mistake in one step is likely to make it in all of this kind: where another of them is wrong otherwise,
    // it is told of neither.
    const bad = found.map((verdict) => ["wrong", "mistake", "again"].includes(verdict?.kind));
    const told = found.map((verdict) => new Set(verdict?.mistakes?.map((one) => one.names.join("+")) ?? []));
    const could = (k) => state.could.get(sheet.boxes[k]);
    found.map((verdict, k) => {
      const { at, kind } = sheet.boxes[k];
      if (!["wrong", "mistake"].includes(verdict?.kind) || at === null || !could(k)) return false;
      const alike = found.map((_, other) => other).filter((other) => other !== k && bad[other] && sheet.boxes[other].kind === kind && could(other));
      if (verdict.kind === "wrong") return alike.some((other) => told[other].size && !could(k).some((name) => told[other].has(name)));
      // Of more mistakes than are named, another one may be in what comes after it.
      const more = could(k).some((name) => !told[k].has(name));
      if (more && found.some((one) => one?.kind === "again" && one.roots.includes(k))) return true;
      return alike.some((other) => !could(other).some((name) => told[k].has(name)));
    }).forEach((apart, k) => apart && (found[k] = { kind: "near", off: true }));
    // A step in no box, on the way to a wrong number, may have led to other numbers that are not right.
    const unsettled = (verdict) => verdict && verdict.kind !== "right" && verdict.kind !== "rounded";
    const doubted = found.map(unsettled);
    found.forEach((verdict, k) => {
      if (!["wrong", "mistake"].includes(verdict?.kind) || sheet.boxes[k].at === null) return;
      const steps = hidden(sheet.boxes[k].at);
      const others = sheet.boxes.map((box, other) => (other !== k && doubted[other] && box.at !== null ? everything(box.at) : []));
      if (steps.some((step) => others.some((all) => all.includes(step)))) found[k] = { kind: "near", off: true };
    });
    // The mean over examples may be taken in each of them; and of two numbers that differ by their sign alone one may come
    // from the other. Where something is wrong, a right number that is shorter than the others may be right by chance.
    const size = (k) => Math.abs(written[k].value);
    const same = (k, other) => other < k && written[other] && sheet.boxes[other].kind === sheet.boxes[k].kind && size(other) === size(k);
    const meant = new Set();
    const clear = found.every((verdict) => !unsettled(verdict)), longest = Math.max(0, ...written.map((one) => one?.places ?? 0));
    found.forEach((verdict, k) => {
      if (!written[k] || !verdict) return;
      const { value, places } = written[k], truth = near(Number(variant.boxes[k].number));
      const shared = [2, 3, 4, 5, 6, 7, 8].some((count) => within(truth, value * count, 2 * half(places - 1)) !== false);
      const taken = found.some((one, other) => one?.kind === "mistake" && same(k, other));
      if ((verdict.kind === "wrong" && shared) || (verdict.kind === "mistake" && taken)) found[k] = { kind: "near", off: true };
      if (shared && (verdict.kind === "wrong" || verdict.off)) meant.add(k);
      if (!clear && verdict.kind === "right" && places < longest && within(truth, value, half(longest)) === false) found[k] = { kind: "few" };
    });
    // What would follow from such a number is right, if that is.
    found.forEach((verdict, k) => {
      if (verdict?.kind === "follows" && verdict.roots.some((root) => meant.has(root))) found[k] = { kind: "fits" };
    });
    return found;
  };
};

// How many decimals most of the written numbers have, and how many what is in no box may have been rounded to: as many, or
// more, as all but a fifth have; on a sheet of mixed decimals the fewest. Exact numbers do not show it.
const usual = (sheet, variant, written) => {
  const all = [], shown = [];
  written.forEach((one, k) => {
    if (!one) return;
    const { places } = sheet.boxes[k], truth = Number(variant.boxes[k].number);
    const exactly = within(near(truth), one.value, half(places)) !== false;
    const own = exactly ? Math.max(places, one.places) : one.places;
    all.push(own);
    if (one.places > 0 && one.value && Math.abs(one.value - truth) > 1e-12) shown.push({ ...one, truth });
  });
  if (!all.length) return [99, 99];
  const most = common(all);
  all.sort((a, b) => a - b);
  const few = all[Math.floor(all.length / 5)], own = shown.map((one) => one.places), rule = common(own);
  if (own.filter((places) => places === rule).length * 5 >= own.length * 4) return [most, few];
  const telling = shown.filter((one) => one.places >= rule || within(near(one.truth), one.value, half(rule)) !== true);
  return [most, Math.min(few, ...telling.map((one) => one.places))];
};
// What stands most often among some numbers, the least such.
const common = (all) => {
  const counts = new Map();
  all.forEach((one) => counts.set(one, (counts.get(one) ?? 0) + 1));
  const most = Math.max(...counts.values());
  return Math.min(...[...counts].filter(([, count]) => count === most).map(([one]) => one));
};

// An answer that is no number of a step: a letter, a shape, how many weights there are.
const inWords = (box, answer, text) => {
  if (box.sort === "choice") {
    const letter = text.toUpperCase();
    if (!/^[A-Z]$/.test(letter) || !(letter in answer.offers)) return { kind: "unread" };
    if (letter === answer.right) return { kind: "right" };
    return answer.offers[letter] === null ? { kind: "wrong" } : { kind: "mistake", said: answer.offers[letter] };
  }
  const own = box.sort === "shape" ? shape(text) : /^\d{1,9}$/.test(text) ? String(Number(text)) : null;
  return { kind: own === null ? "unread" : own === answer.right ? "right" : "wrong" };
};

// A number rounded as the problem rounds what it goes on with, where it is sure how.
const cut = (x, places, ties) => {
  const one = (z) => {
    const scaled = Math.abs(z) * 10 ** places, floor = Math.floor(scaled), rest = scaled - floor;
    if (Math.abs(rest - 0.5) < 1e-7) return ties === "half_even" || Math.abs(rest - 0.5) > 0 ? null : floor + 1;
    return rest < 0.5 ? floor : floor + 1;
  };
  const [low, high] = [one(x[0]), one(x[1])];
  if (low === null || high === null || low !== high || x[0] * x[1] < 0) return wider(x, half(places));
  return near(Math.sign(x[0]) * Number(`${low}e-${places}`));
};

// Whether a number is another one with its last digits left off.
const cutShort = (x, { value, places }) => Math.abs(Math.abs(x[0]) - Math.abs(value) - half(places)) <= half(places) * (1 + SLACK);

// The verdict on one number.
const judged = (sheet, formulas, state, k, own, came, doubtful) => {
  const box = sheet.boxes[k], number = state.written[k], answer = state.variant.boxes[k];
  const truth = near(Number(answer.number));
  // The last digits of a machine's numbers are noise; zeros at the end may be left off.
  const coarse = Math.max(half(number.places), 5e-14 * Math.max(1, Math.abs(number.value)));
  const fine = Math.min(coarse, half(box.places));
  const missed = within(own.wide, number.value, 4 * coarse) === false;
  // Halfway between two numbers, the one that is printed was decided exactly.
  const right = (number.places <= box.places && number.value === Number(answer.exact)) || within(truth, number.value, fine);
  const old = box.old === null ? null : state.plain[box.old];
  const still = old !== null && within(old, number.value, fine) !== false;
  const close = within(truth, number.value, coarse) !== false;
  if (still && !right) return close || !missed ? { kind: close && coarse > fine ? "few" : "near" } : wrongly(sheet, formulas, state, k, own, fine, came, doubtful);
  // On a sheet of numbers that are cut off, one that is rounded up may come from something else.
  const cutOff = state.shortened && (came.size || doubtful) && !cutShort(truth, number);
  if (right) return cutOff ? { kind: "fits" } : { kind: "right", also: !missed };
  const reach = [Number(answer.low), Number(answer.high)];
  const never = within(own.instead, number.value, 4 * coarse) === false && within(reach, number.value, 4 * coarse) === false;
  const gives = (by) => between(own.plain, own.unrounded, number.value, by) || within(own.carried, number.value, by) === true;
  if (gives(fine)) {
    const reached = within(reach, number.value, 4 * half(box.places)) !== false;
    // Who writes more decimals than are asked has hardly rounded to these what is in no box.
    const exactly = number.places <= box.places || within(own.unrounded, number.value, fine) === true;
    // A step in no box may have been done wrongly, where a number after it is not right.
    const suspected = state.behind(box.at).some((place) => state.suspected.has(place));
    if (reached && exactly && !came.size && !doubtful && !suspected) return { kind: "rounded" };
    const whole = box.needs.every((other) => state.written[other]);
    return never && whole && came.size && number.value ? { kind: "follows", roots: [...came].sort((a, b) => a - b) } : { kind: "fits" };
  }
  // Where a mean is taken over examples, 1/n may stand inside the gradient of each.
  if (answer.also !== undefined && within(near(Number(answer.also)), number.value, fine) !== false) return { kind: "fits" };
  // All as the key has it that rounds every result: there a number may lie just between two, which is decided exactly.
  const asKey = state.like && number.places <= box.places && Number(answer.carried) === number.value;
  if (asKey && !came.size && !doubtful) return { kind: "rounded" };
  if (coarse > fine && close) return { kind: "few" };
  if (coarse > fine && gives(coarse)) return { kind: "few" };
  if (right === null || !missed || !never) return { kind: "near", off: right === false && within(reach, number.value, fine) === false };
  for (let places = 1; places < Math.max(number.places, box.places); places++) {
    if (within(state.coarser(box.at, places), number.value, coarse) !== false) return { kind: "near", off: true };
  }
  const again = new Set(state.behind(box.at).flatMap((place) => state.suspected.get(place) ?? []));
  if (again.size) return { kind: "again", roots: [...again].sort((a, b) => a - b) };
  return wrongly(sheet, formulas, state, k, own, fine, came, doubtful);
};

// A number that is surely wrong: the known mistakes that give it with the writer's own numbers.
const wrongly = (sheet, formulas, state, k, own, fine, came, doubtful) => {
  const box = sheet.boxes[k], { value } = state.written[k];
  // What nobody can name may be in every number after it.
  const doubts = state.everything(box.at).flatMap((place) => state.suspected.get(place) ?? []);
  const before = [...new Set([...came, ...state.unnamed, ...doubts])].sort((a, b) => a - b);
  const again = before.length ? { kind: "again", roots: before } : { kind: "wrong" };
  const early = box.needs.some((other) => !state.written[other]);
  const negative = near(-Number(state.variant.boxes[k].number));
  const mistakes = matching(sheet, formulas, state, box, value, fine);
  // After an own wrong value nothing tells what could have been.
  if (came.size || doubtful) state.could.delete(box);
  const turned = [neg(own.wide), negative].some((other) => within(other, value, 2 * half(state.written[k].places)) !== false);
  if (box.turns && turned && box.later.some((other) => state.written[other])) {
    return { kind: "turned", mistakes: early ? [] : mistakes };
  }
  if (state.flipped) return { kind: "signs" };
  if (early) return { kind: "early" };
  if (doubtful) return before.length ? again : { kind: "near" };
  // How steps that are in no box were rounded, or the parts of a long product, nobody knows: what is near and unexplained is left open.
  const steps = state.behind(box.at).some((place) => state.made.has(place));
  if (!mistakes.length && (steps || box.ordered) && within(own.wide, value, 40 * half(state.written[k].places)) !== false) return { kind: "near", off: true };
  if (!mistakes.length || (state.written[k].places < state.most && state.most > box.places)) return again;
  // Where most numbers are shorter than is asked, one of them that comes after a wrong one may be rounded as coarsely.
  if (came.size && state.written[k].places < box.places && state.most < box.places) return again;
  const here = mistakes.some((one) => one.here);
  // Nor is it sure of a step that is in no box, where something before could not be named.
  if (!here && (before.length || state.suspected.size)) return before.length ? again : { kind: "near", off: true };
  // A sign that was turned round once is in what comes after it.
  const turns = mistakes.some((one) => one.names.some((name) => name.split("-").some((word) => word === "sign" || word === "added")));
  if (turns && state.signed.length) return { kind: "again", roots: [...new Set([...before, ...state.signed])].sort((a, b) => a - b) };
  if (turns) state.signed.push(k);
  const truth = Number(state.variant.boxes[k].number), off = Math.abs(truth - value);
  // After an own wrong value a mistake is one guess among many, unless it is in this very step.
  if (came.size && (mistakes.length > 1 || !here || steps || mistakes[0].names.some((name) => name.split("-").includes("sign")))) return again;
  return { kind: "mistake", mistakes, here, likely: off > (here ? 10 : 50) * fine };
};

const MOST_NAMED = 2;
const matching = (sheet, formulas, state, box, value, fine) => {
  const found = new Map();
  // Where steps that are asked later are on the sheet already, the mistake lies behind them.
  const later = box.inner.filter((other) => state.written[other]).length;
  if (later && later < box.inner.length) return [];
  for (const [lines, names, here, said, where] of later ? box.beyond : box.wrong) {
    const ends = [state.plain, state.unrounded].map((numbers) => {
      const own = [...numbers];
      for (const [at, formula] of lines) own[at] = formulas[formula](own);
      return own[lines[lines.length - 1][0]];
    });
    const key = names.join("+");
    if (!found.has(key) && between(ends[0], ends[1], value, fine)) found.set(key, { names, here: Boolean(here), said, where });
  }
  state.could.set(box, [...found.keys()]);
  const single = [...found.values()].filter((one) => one.names.length === 1).map((one) => one.names[0]);
  const covered = new Set(single.flatMap((name) => sheet.mistakes[name].instead));
  const kept = [];
  for (const name of single) {
    if (!covered.has(name) && !sheet.mistakes[name].twins.some((twin) => kept.includes(twin))) kept.push(name);
  }
  let ranked = [...found.values()].filter((one) => one.names.length > 1 || kept.includes(one.names[0]));
  const here = ranked.filter((one) => one.here);
  if (value === 0) ranked = here;
  else if (ranked.length > MOST_NAMED && here.length) ranked = here;
  if (ranked.length > MOST_NAMED) return [];
  return [...here.filter((one) => ranked.includes(one)), ...ranked.filter((one) => !one.here)];
};

// What is not to be read at a glance: it hides nothing from somebody who wants to know.
const opened = (sealed) => {
  const bytes = Uint8Array.from(atob(sealed), (letter) => letter.charCodeAt(0));
  let state = bytes.length;
  const own = bytes.map((byte) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return byte ^ ((state >> 16) & 255);
  });
  return JSON.parse(new TextDecoder().decode(own));
};
