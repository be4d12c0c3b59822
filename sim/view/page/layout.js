// Which rows stand where: filter, focus, columns.
const RH = 20, GUT = 150, HEAD = 50; // heights and widths in pixels
const state = {
  lanes: "thread", filter: "", off: new Set(), solo: "", focus: false, opened: new Set(),
  sel: -1, source: -1, loose: false, arrows: true, sources: true, print: false,
};
const scroll = $("scroll"), sheet = $("sheet"), rowsBox = $("rows"), svg = $("lines"), detail = $("detail"), map = $("map");

// view is what is shown: rows, and below zero the folds between them, fold k as
// -k-1. posOf is where a row is, or would be.
let view = [], folds = [], passed = 0, lanes = [], bars = [], width = 0;
const posOf = new Int32Array(N + 1), laneOf = new Int32Array(N), depth = new Int16Array(N);
const shown = (i) => laneOf[i] >= 0 && view[posOf[i]] === i;

// Columns: threads or connections, then the wires.
function laneKey(r) {
  if (r.k === "wire") return "w" + r.w;
  return state.lanes === "thread" ? "h" + (r.h || 0) : "d" + r.d;
}
function laneName(key) {
  const n = +key.slice(1) - 1;
  if (n < 0) return "no thread";
  return key[0] === "w" ? M.wires[n] : key[0] === "h" ? M.threads[n] : M.domains[n];
}
function natural(a, b) {
  if (a[0] !== b[0]) return a[0] === "w" ? 1 : b[0] === "w" ? -1 : a < b ? -1 : 1;
  return a[0] === "d" ? laneName(a).localeCompare(laneName(b), "en", { numeric: true }) : +a.slice(1) - +b.slice(1);
}

// A filter is words, each of which must occur, or must not if it begins with "-".
// A word may say where to look.
const fields = {
  thread: (r) => r.h ? M.threads[r.h - 1] : "", wire: (r) => r.w ? M.wires[r.w - 1] : "",
  kind: (r) => r.g + " " + r.k, name: (r) => r.n, text: (r) => r.e || "",
};
const numbered = { conn: "connection", container: "container", queue: "queue", listener: "listener", job: "job", session: "session", link: "link", message: "message" };
function haystack(r) {
  if (!r.hay) r.hay = [r.q || "", r.g, r.k, r.n, r.x || "", r.e || "", fields.thread(r), r.d ? M.domains[r.d - 1] : "", fields.wire(r)].join(" ").toLowerCase();
  return r.hay;
}
function compile(filter) {
  return filter.toLowerCase().split(/\s+/).filter(Boolean).map((word) => {
    const no = word[0] === "-" && word.length > 1;
    if (no) word = word.slice(1);
    const at = word.indexOf(":"), key = word.slice(0, at), rest = word.slice(at + 1);
    let test = (r) => haystack(r).includes(word);
    if (at > 0 && rest && Object.hasOwn(fields, key)) test = (r) => fields[key](r).toLowerCase().includes(rest);
    else if (at > 0 && rest && Object.hasOwn(numbered, key)) {
      const name = numbered[key] + " " + rest;
      test = (r) => ((r.x || "") + ", " + (r.d ? M.domains[r.d - 1] : "")).split(", ").includes(name);
    }
    return (r) => test(r) !== no;
  });
}

// kept marks the rows that the focus leaves: those that show the failure or decide
// it, faults, what is around them, their other ends, causes and effects.
function kept(all) {
  const keep = new Uint8Array(N), at = new Int32Array(N).fill(-1);
  all.forEach((i, p) => { at[i] = p; });
  const anchors = stops.filter((i) => R[i].g !== "left" || i - left[0] < 12).filter((i) => letters.length || shownBy.length === 0 || !marks.has(i) || !marks.get(i).v);
  R.forEach((r, i) => { if (r.f || r.g === "fault") anchors.push(i); });
  // As much around them as fills the screen, if they lie apart.
  const room = (scroll.clientHeight - HEAD) / RH, context = Math.round(Math.max(3, Math.min(12, room / (2 * Math.max(1, anchors.length)) - 2)));
  for (const i of anchors) {
    if (at[i] >= 0) for (let p = Math.max(0, at[i] - context); p <= Math.min(all.length - 1, at[i] + context); p++) keep[all[p]] = 1;
    if (closes(R[i])) keep[R[i].o - 1] = 1; else if (close[i] >= 0) keep[close[i]] = 1;
    for (const e of into.get(i) || []) keep[e[0]] = 1;
    for (const e of (outOf.get(i) || []).slice(0, 4)) keep[e[1]] = 1;
  }
  for (const i of state.opened) keep[i] = 1;
  return keep;
}
const canFocus = stops.length > 0;
const leastFold = 3; // rows

function chooseRows() {
  const tests = compile(state.filter), all = [];
  for (let i = 0; i < N; i++) {
    const r = R[i];
    if (!state.off.has(r.g) && (!state.solo || laneKey(r) === state.solo) && tests.every((t) => t(r))) all.push(i);
  }
  passed = all.length; folds = [];
  view = all;
  if (state.focus && canFocus && !state.filter && !state.solo) {
    const keep = kept(all);
    view = [];
    for (let p = 0; p < all.length;) {
      let q = p;
      while (q < all.length && !keep[all[q]]) q++;
      if (q - p >= leastFold) { view.push(-folds.length - 1); folds.push(all.slice(p, q)); }
      else for (let k = p; k < q; k++) view.push(all[k]);
      if (q < all.length) view.push(all[q]);
      p = q + 1;
    }
  }
  let p = 0;
  for (let i = 0; i < N; i++) {
    while (p < view.length && lastOf(view[p]) < i) p++;
    posOf[i] = p;
  }
  posOf[N] = view.length;
  return all;
}
const lastOf = (v) => v >= 0 ? v : folds[-v - 1][folds[-v - 1].length - 1];

function layout() {
  const all = chooseRows();
  const keys = [...new Set(all.map((i) => laneKey(R[i])))].sort(natural);
  // A row holds one text, which may run over the columns beside its own: columns can be narrow.
  const space = state.print ? printWidth : scroll.clientWidth;
  const spare = keys.some((k) => k[0] === "w") ? 240 : 130;
  const lw = Math.max(84, Math.min(250, Math.floor((space - GUT - spare) / Math.max(1, keys.length))));
  lanes = []; width = GUT;
  for (const key of keys) { lanes.push({ key, left: width, w: lw, name: laneName(key) }); width += lw; }
  width = Math.max(width + spare, space);
  placeRows(new Map(keys.map((k, i) => [k, i])));
  sheet.style.height = view.length * RH + "px";
  sheet.style.width = rowsBox.style.width = width + "px";
  scroll.setAttribute("aria-rowcount", view.length);
  drawLanes(); drawMap(); draw();
  const hidden = folds.reduce((n, f) => n + f.length, 0);
  $("count").textContent = hidden ? passed - hidden + " of " + N + " rows, others folded" : passed === N ? N + " rows" : passed + " of " + N + " rows";
}

// placeRows gives each row its column and its depth in the bars there.
function placeRows(index) {
  const open = lanes.map(() => []);
  bars = [];
  for (let i = 0; i < N; i++) {
    const r = R[i], l = index.get(laneKey(r));
    laneOf[i] = l === undefined ? -1 : l;
    if (l === undefined) continue;
    const stack = open[l];
    if (opens(r)) {
      while (stack.length && stack[stack.length - 1] < 0) stack.pop();
      depth[i] = stack.length; stack.push(i);
      if (!state.off.has(r.g)) bars.push({ from: i, to: close[i] < 0 ? N - 1 : close[i], lane: l, d: depth[i] });
    } else if (closes(r)) {
      const at = stack.indexOf(r.o - 1);
      depth[i] = depth[r.o - 1];
      if (at >= 0) stack[at] = -1;
    } else {
      let n = stack.length;
      while (n && stack[n - 1] < 0) n--;
      depth[i] = n;
    }
  }
}

// reveal opens the fold that hides a row, around the row.
function reveal(i) {
  if (shown(i) || !folds.length) return;
  const fold = folds.find((f) => f.includes(i));
  if (!fold) return;
  const p = fold.indexOf(i);
  for (let k = Math.max(0, p - 8); k <= Math.min(fold.length - 1, p + 8); k++) state.opened.add(fold[k]);
  layout();
}
