// The data of the page, and what follows from it alone.
const started = performance.now();
const M = JSON.parse(document.getElementById("data").textContent);
for (const k of ["rows", "threads", "domains", "wires", "edges", "stacks", "lines", "files", "choices", "marks", "violations", "cast"]) M[k] = M[k] || [];
const R = M.rows, N = R.length;
const CAUSE = 0, SERIAL = 1, FRAME = 2, ORDER = 3; // kinds of edges

const $ = (id) => document.getElementById(id);
function el(tag, cls, text) {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  if (text !== undefined) e.textContent = text;
  return e;
}

const opens = (r) => r.k === "begin" || r.k === "call";
const closes = (r) => r.k === "end" || r.k === "return";

// close is the other end of a row that opens, -1 if it has none.
const close = new Int32Array(N).fill(-1);
for (let i = 0; i < N; i++) if (R[i].o && R[i].k !== "wire") close[R[i].o - 1] = i;

// into and outOf are the edges that lead to a row and from it.
const into = new Map(), outOf = new Map();
function push(map, key, value) {
  const all = map.get(key);
  if (all) all.push(value); else map.set(key, [value]);
}
for (const e of M.edges) { push(into, e[1], e); push(outOf, e[0], e); }

// marks are the rows that show a failure, shownBy those of the first violation.
const marks = new Map(), shownBy = [];
for (const m of M.marks) {
  const label = m.v ? "" : String(shownBy.length + 1);
  if (!m.v) shownBy.push(m.row);
  if (!marks.has(m.row) || !m.v) marks.set(m.row, { label, v: m.v });
}

// letters are the rows of the steps that decide, in order.
const letters = [], rowOfSeq = new Map(), rowOfStep = new Map();
R.forEach((r, i) => {
  if (r.q) rowOfSeq.set(r.q, i);
  if (r.y) letters.push(i);
  if (r.k === "step") rowOfStep.set(r.s, i);
});
// left are the rows of threads that had not ended.
const left = [];
R.forEach((r, i) => { if (r.g === "left") left.push(i); });
// stops are the rows that n and p go to.
const stops = [...new Set([...marks.keys(), ...letters, ...left])].sort((a, b) => a - b);
const actors = new Map(M.cast.map((a) => [a.name, a.is]));

function time(ns) {
  if (ns === 0) return "0";
  if (ns < 1e3) return ns + "ns";
  if (ns < 1e6) return +(ns / 1e3).toFixed(3) + "µs";
  if (ns < 1e9) return +(ns / 1e6).toFixed(3) + "ms";
  return +(ns / 1e9).toFixed(6) + "s";
}

// What is happens-before follows from the edges and the order of each thread, as
// vector clocks. They are made when they are first asked for, unless they would
// take too much memory.
const maxClocks = 4e7;
let clocks = null, nth = null;
const orderKnown = () => N * (M.threads.length + 1) <= maxClocks;
function computeClocks() {
  const T = M.threads.length + 1, last = new Int32Array(T).fill(-1);
  clocks = new Int32Array(N * T); nth = new Int32Array(N);
  for (let i = 0; i < N; i++) {
    const h = R[i].h || 0;
    if (!R[i].q) continue;
    const c = clocks.subarray(i * T, i * T + T);
    if (last[h] >= 0) { c.set(clocks.subarray(last[h] * T, last[h] * T + T)); nth[i] = nth[last[h]]; }
    nth[i]++; c[h] = nth[i]; last[h] = i;
    for (const e of into.get(i) || []) {
      if (e[2] > SERIAL) continue;
      const o = e[0] * T;
      for (let t = 0; t < T; t++) if (clocks[o + t] > c[t]) c[t] = clocks[o + t];
    }
  }
}
function before(a, b) {
  if (!clocks) computeClocks();
  return a !== b && clocks[b * (M.threads.length + 1) + (R[a].h || 0)] >= nth[a];
}
const ordered = (a, b) => a === b || before(a, b) || before(b, a);
