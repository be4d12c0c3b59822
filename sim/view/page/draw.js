// Drawing. Only the rows in sight are in the page.
function drawLanes() {
  const head = $("lanehead");
  head.textContent = ""; head.style.width = width + "px";
  const corner = el("span", "corner", "event · virtual time"); corner.style.width = GUT + "px"; head.append(corner);
  for (const l of lanes) {
    const s = el("span", "lanename", l.name.replace(/(\/|→ )/g, "$1\u200b").replace(/#/g, "\u200b#"));
    s.style.left = l.left + "px"; s.style.width = l.w - 2 + "px";
    s.title = l.name + (actors.get(l.name) ? ": " + actors.get(l.name) : "") + "\nclick to see this column alone";
    if (state.solo === l.key) s.classList.add("solo");
    if (actors.get(l.name)) s.append(el("em", "", actors.get(l.name)));
    s.onclick = () => { state.solo = state.solo === l.key ? "" : l.key; layout(); };
    head.append(s);
  }
}

// Most operations have no result; of those that have, refusal matters.
const judged = new Set(["work_queue.add", "container.connect", "container.listen", "container.run"]);
const result = (r, before) => r.r ? before + "ok" : judged.has(r.n) ? before + "refused" : "";
const signs = { begin: "▶ ", end: "◀ ", call: "→ ", return: "← ", note: "• ", fault: "⚡ ", step: "◆ ", blocked: "⊘ ", ready: "◇ " };
const firstLine = (r) => M.lines[(M.stacks[(r.p || 0) - 1] || [])[0]];
function label(r) {
  const c = el("span", "cell " + r.g + (closes(r) ? " closing" : ""));
  let name = (signs[r.k] || "") + r.n, about = [r.x, r.e];
  if (r.k === "return") { name += result(r, " "); about = [r.e]; }
  else if (r.k === "end") about = [];
  else if (r.k === "wire") { name = (r.b ? "◁ " : "▷ ") + (r.n === "frame" ? r.e : r.n + (r.e ? " " + r.e : "")); about = []; }
  else if (r.k === "step") { const l = firstLine(r); name = (r.f ? "➤ " : "") + name; about = l ? [l.at] : []; }
  c.append(name);
  const text = about.filter(Boolean).join(" · ");
  if (text) c.append(el("em", "", "  " + shorten(text)));
  return c;
}
// Inside its own column a connection need not be named again.
function shorten(text) {
  if (state.lanes === "domain") text = text.replace(/^(container \d+, )?(connection|listener|queue) \d+(, )?/, "");
  return text.replace(/connection (\d)/, "conn $1").replace(/container (\d)/, "cont $1");
}
function badge(i) {
  if (R[i].y) return el("span", "letter", R[i].y);
  const m = marks.get(i);
  return m ? el("span", "badge" + (m.v ? " more" : ""), m.v ? "!" : m.label) : null;
}

const most = 3000; // rows on paper
function inSight() {
  if (state.print) {
    const a = view.length <= most ? 0 : Math.max(0, Math.min(view.length - most, posOf[Math.max(0, state.sel)] - most / 2));
    return [a, Math.min(view.length, a + most)];
  }
  const top = scroll.scrollTop, h = scroll.clientHeight || 600;
  return [Math.max(0, Math.floor(top / RH) - 8), Math.min(view.length, Math.ceil((top + h) / RH) + 8)];
}
function draw() {
  const [a, b] = inSight(), frag = document.createDocumentFragment();
  drawBars(frag, a, b);
  for (let p = a; p < b; p++) frag.append(view[p] < 0 ? drawFold(p) : drawRow(p));
  rowsBox.replaceChildren(frag);
  drawArrows(a, b);
  drawWindow();
  document.body.dataset.rendered = b - a;
}
function drawFold(p) {
  const fold = folds[-view[p] - 1], count = new Map();
  for (const i of fold) { const n = laneName(laneKey(R[i])); count.set(n, (count.get(n) || 0) + 1); }
  const most = [...count].sort((a, b) => b[1] - a[1]), row = el("div", "fold");
  row.style.top = p * RH + "px"; row.style.width = width + "px"; row.dataset.fold = -view[p] - 1;
  row.append(el("span", "", "⋯ " + fold.length + " rows: " + most.slice(0, 5).map(([n, k]) => n + " " + k).join(", ") + (most.length > 5 ? " …" : "")));
  row.title = "click to open";
  return row;
}
function drawRow(p) {
  const i = view[p], r = R[i], row = el("div", "row");
  row.style.top = p * RH + "px"; row.style.width = width + "px"; row.dataset.i = i; row.id = "row-" + i;
  row.setAttribute("role", "row"); row.setAttribute("aria-rowindex", p + 1);
  if (i === state.sel) { row.classList.add("sel"); row.setAttribute("aria-selected", "true"); }
  if (marks.has(i)) row.classList.add(marks.get(i).v ? "also" : "marked");
  if (r.y) row.classList.add("lettered");
  if (state.loose && state.sel >= 0 && i !== state.sel && (!r.q || !orderKnown() || ordered(i, state.sel))) row.classList.add("fade");
  const g = el("span", "gut"), c = M.choices[(r.c || 0) - 1];
  const alone = p && view[p - 1] >= 0 && i !== state.sel && R[view[p - 1]].t === r.t;
  g.append(el("b", "", r.q || (r.s && r.k === "step" ? "s" + r.s : "")), el("u", "", c ? "+" + c.others.length : ""), el("i", "", alone ? "" : time(r.t)));
  if (c) g.title = c.others.length + " other threads could have gone here";
  row.append(g);
  if (laneOf[i] >= 0) row.append(drawCell(i));
  return row;
}
function drawCell(i) {
  const r = R[i], l = lanes[laneOf[i]], c = label(r), d = Math.min(depth[i], 8), m = badge(i);
  if (m) c.prepend(m);
  c.setAttribute("role", "gridcell");
  c.style.left = l.left + 4 + d * 8 + (opens(r) || closes(r) ? 8 : 2) + "px";
  c.style.maxWidth = width - l.left - 10 - d * 8 + "px";
  c.title = [r.n, r.x, r.e].filter(Boolean).join(" · ");
  return c;
}
function drawBars(frag, a, b) {
  for (const l of lanes) {
    const s = el("div", "lane"); s.style.left = l.left + "px"; s.style.top = a * RH + "px"; s.style.height = (b - a) * RH + "px";
    frag.append(s);
  }
  for (const x of bars) {
    const p = posOf[x.from], q = posOf[x.to];
    if (q < a || p >= b || p === q) continue;
    const s = el("div", "bar " + R[x.from].g + (state.sel === x.from || state.sel === x.to ? " hot" : ""));
    s.style.left = lanes[x.lane].left + 4 + Math.min(x.d, 8) * 8 + "px";
    const t0 = Math.max(p, a - 1), t1 = Math.min(q, b);
    s.style.top = t0 * RH + 4 + "px"; s.style.height = (t1 - t0) * RH + 12 + "px";
    frag.append(s);
  }
}

// Arrows.
const svgNS = "http" + "://www.w3.org/2000/svg";
function shape(tag, attributes) {
  const e = document.createElementNS(svgNS, tag);
  for (const k in attributes) e.setAttribute(k, attributes[k]);
  return e;
}
const tips = shape("defs", {});
for (const id of ["tip", "tiphot"]) {
  const m = shape("marker", { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, markerUnits: "userSpaceOnUse", orient: "auto" });
  m.append(shape("path", { d: "M0 0L8 4L0 8z" }));
  tips.append(m);
}
const maxArrows = 200, longArrow = 60; // of those not at the selected row
const edgeClass = ["", "serial", "wirearrow", "order"];
function drawArrows(a, b) {
  svg.setAttribute("width", width); svg.setAttribute("height", view.length * RH);
  const out = [tips];
  for (const e of state.arrows ? M.edges : []) {
    const [f, t, kind] = e, hot = f === state.sel || t === state.sel;
    if (posOf[t] < a || posOf[f] >= b || !shown(f) || !shown(t) || kind < FRAME && (closes(R[t]) || R[t].k === "call")) continue;
    if (!hot && kind !== ORDER && (posOf[t] - posOf[f] > longArrow || out.length > maxArrows || (laneOf[f] === laneOf[t] && kind !== FRAME))) continue;
    const strong = hot || kind === ORDER;
    out.push(shape("path", { d: curve(f, t), class: edgeClass[kind] + (hot ? " hot" : ""), "marker-end": `url(#${strong ? "tiphot" : "tip"})` }));
  }
  svg.replaceChildren(...out);
}
function curve(f, t) {
  const lf = lanes[laneOf[f]], lt = lanes[laneOf[t]], y1 = posOf[f] * RH + 10, y2 = posOf[t] * RH + 10;
  const x2 = lt.left + 3 + Math.min(depth[t], 8) * 8, right = lf.left < lt.left;
  const x1 = right ? lf.left + 60 : lf.left + 6 + Math.min(depth[f], 8) * 8;
  if (lf === lt) return `M${x1} ${y1 + 6}C${lf.left - 14} ${y1 + 14} ${lf.left - 14} ${y2 - 4} ${x2} ${y2}`;
  return `M${x1} ${y1 + 7}C${x1} ${(y1 + y2) / 2 + 10} ${x2 + (right ? -30 : 40)} ${y2 - 14} ${x2} ${y2}`;
}

// The overview: a column for each of the picture's, a point for each row.
const overview = document.createElement("canvas");
function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim(); }
function drawMap() {
  const ratio = window.devicePixelRatio || 1, w = map.clientWidth, h = map.clientHeight || 1;
  for (const c of [map, overview]) { c.width = w * ratio; c.height = h * ratio; }
  const g = overview.getContext("2d"), total = Math.max(1, view.length), lw = (w - 4) / Math.max(1, lanes.length);
  g.scale(ratio, ratio);
  const paint = {};
  for (const k of ["callback", "work", "call", "note", "frame", "fault", "step", "left"]) paint[k] = colour(k);
  const dot = Math.max(1, Math.min(RH, h / total));
  view.forEach((i, p) => {
    if (i < 0) return;
    g.fillStyle = paint[R[i].g]; g.globalAlpha = .7;
    g.fillRect(2 + laneOf[i] * lw, p * h / total, Math.max(1.5, lw - 1), dot);
  });
  g.globalAlpha = 1;
  for (const i of marks.keys()) { g.fillStyle = colour(marks.get(i).v ? "dim" : "bad"); g.fillRect(0, posOf[i] * h / total - 1, w, marks.get(i).v ? 1 : 3); }
  for (const i of letters) { g.fillStyle = colour("letter"); g.fillRect(0, posOf[i] * h / total - 1, w, 2); }
  drawWindow();
}
function drawWindow() {
  const g = map.getContext("2d"), total = Math.max(1, view.length * RH), h = map.height;
  if (!map.width || !h) return;
  g.clearRect(0, 0, map.width, h);
  g.drawImage(overview, 0, 0);
  if (h * (scroll.clientHeight - HEAD) / total >= h) return; // all is in sight
  g.fillStyle = "#8884"; g.strokeStyle = colour("dim");
  const y = h * scroll.scrollTop / total, k = Math.max(6, Math.min(h, h * (scroll.clientHeight - HEAD) / total));
  g.fillRect(0, y, map.width, k); g.strokeRect(.5, y + .5, map.width - 1, k - 1);
}
