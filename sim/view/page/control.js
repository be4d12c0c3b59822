// Keys, controls, paper, and the start.
function select(i, centre) {
  if (i < 0 || i >= N) return;
  state.sel = i; state.source = -1;
  reveal(i);
  const y = posOf[i] * RH, h = scroll.clientHeight - HEAD;
  if (centre) scroll.scrollTop = y - h / 2 + RH;
  else if (y < scroll.scrollTop + RH) scroll.scrollTop = y - RH;
  else if (y > scroll.scrollTop + h - 2 * RH) scroll.scrollTop = y - h + 2 * RH;
  const l = laneOf[i] >= 0 ? lanes[laneOf[i]] : null;
  if (l && (l.left - GUT < scroll.scrollLeft || l.left + l.w > scroll.scrollLeft + scroll.clientWidth)) scroll.scrollLeft = Math.max(0, l.left + l.w + 160 - scroll.clientWidth);
  scroll.setAttribute("aria-activedescendant", "row-" + i);
  const b = document.body.dataset, at = stops.indexOf(i);
  b.selected = R[i].q || ""; b.row = i;
  $("where").textContent = at >= 0 ? "evidence " + (at + 1) + "/" + stops.length : "evidence";
  draw(); drawDetail();
}
// step goes to the next row in sight, over folds.
function step(by) {
  const on = state.sel >= 0 && shown(state.sel), p = posOf[Math.max(0, state.sel)];
  let q = state.sel < 0 ? 0 : on || by < 0 ? p + by : p;
  while (q >= 0 && q < view.length && view[q] < 0) q += by;
  if (q >= 0 && q < view.length) select(view[q], false);
}
function stepStop(by) {
  const next = by > 0 ? stops.find((i) => i > state.sel) : stops.findLast((i) => i < state.sel);
  const to = next === undefined ? (by > 0 ? stops[0] : stops[stops.length - 1]) : next;
  if (to !== undefined) select(to, true);
}
// stepWhere goes to the next row shown that passes a test.
function stepWhere(by, test) {
  for (let p = posOf[Math.max(0, state.sel)] + by; p >= 0 && p < view.length; p += by) {
    if (view[p] >= 0 && test(view[p])) { select(view[p], false); return; }
  }
}
function follow(edges, end) {
  const e = (edges || []).find((x) => x[2] === CAUSE) || (edges || [])[0];
  if (e) select(e[end], false);
}
function setLanes(v) {
  if (state.lanes !== v) state.solo = "";
  state.lanes = v; $("lanes").value = v; document.body.dataset.lanes = v;
  layout();
  if (state.sel >= 0) select(state.sel, true);
}
function setFocus(on) {
  state.focus = $("focus").checked = on; state.opened.clear();
  layout();
  if (state.sel >= 0) select(state.sel, true);
}
function setArrows(on) { $("arrows").checked = state.arrows = on; draw(); }
function setLoose(on) { $("loose").checked = state.loose = on; draw(); }
function foldHead() {
  const f = document.body.classList.toggle("folded");
  $("fold").textContent = (f ? "▾" : "▴") + " summary";
  drawMap(); draw();
}
function help(on) {
  $("help").hidden = !on;
  if (on) $("closehelp").focus(); else scroll.focus();
}

const keys = {
  j: () => step(1), k: () => step(-1), ArrowDown: () => step(1), ArrowUp: () => step(-1), n: () => stepStop(1), p: () => stepStop(-1),
  t: () => stepWhere(1, (i) => laneOf[i] === laneOf[state.sel]), T: () => stepWhere(-1, (i) => laneOf[i] === laneOf[state.sel]),
  x: () => stepWhere(1, (i) => R[i].c),
  o: () => { const r = R[state.sel]; if (r) select(closes(r) ? r.o - 1 : close[state.sel], false); },
  c: () => follow(into.get(state.sel), 0), e: () => follow(outOf.get(state.sel), 1),
  s: () => { state.sources = !state.sources; drawDetail(); },
  f: () => setFocus(!state.focus && canFocus), a: () => setArrows(!state.arrows), u: () => setLoose(!state.loose),
  l: () => setLanes(state.lanes === "thread" ? "domain" : "thread"),
  h: foldHead, "/": () => $("filter").focus(), "?": () => help($("help").hidden), Escape: () => help(false),
  PageDown: () => { scroll.scrollTop += scroll.clientHeight - HEAD - RH; }, PageUp: () => { scroll.scrollTop -= scroll.clientHeight - HEAD - RH; },
  g: () => goTo(0, 1), G: () => goTo(view.length - 1, -1), Home: () => goTo(0, 1), End: () => goTo(view.length - 1, -1),
};
// goTo goes to the row at a place, or the next one.
function goTo(p, by) {
  while (p >= 0 && p < view.length && view[p] < 0) p += by;
  if (p >= 0 && p < view.length) select(view[p], true);
}
document.addEventListener("keydown", (e) => {
  if (e.target.id === "filter") { if (e.key === "Escape" || e.key === "Enter") { e.target.blur(); scroll.focus(); } return; }
  if (e.ctrlKey || e.metaKey || e.altKey || !Object.hasOwn(keys, e.key) || e.target.tagName === "SELECT") return;
  if (!$("help").hidden && e.key !== "Escape" && e.key !== "?") return;
  e.preventDefault(); keys[e.key]();
});

// Controls.
$("lanes").onchange = (e) => { setLanes(e.target.value); e.target.blur(); };
$("filter").oninput = (e) => { state.filter = e.target.value; layout(); };
$("arrows").onchange = (e) => setArrows(e.target.checked);
$("loose").onchange = (e) => setLoose(e.target.checked);
$("focus").onchange = (e) => setFocus(e.target.checked);
$("fold").onclick = foldHead;
$("prev").onclick = () => stepStop(-1);
$("next").onclick = () => stepStop(1);
$("helpbutton").onclick = () => help(true);
$("closehelp").onclick = () => help(false);
$("help").onclick = (e) => { if (e.target.id === "help") help(false); };
$("jump").hidden = !stops.length;
$("focus").parentElement.hidden = !canFocus;

let asked = false; // for a frame
scroll.addEventListener("scroll", () => {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => { asked = false; draw(); });
});
window.addEventListener("resize", layout);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawMap);
rowsBox.addEventListener("click", (e) => {
  const row = e.target.closest(".row"), fold = e.target.closest(".fold");
  if (row) select(+row.dataset.i, false);
  if (fold) { for (const i of folds[+fold.dataset.fold]) state.opened.add(i); layout(); }
});
map.onclick = (e) => { scroll.scrollTop = e.offsetY / map.clientHeight * view.length * RH - scroll.clientHeight / 2; };
$("head").addEventListener("click", (e) => {
  const place = e.target.closest(".place"), step = e.target.closest("tr[data-step]");
  if (place) { state.source = +place.dataset.line; drawDetail(); detail.scrollTop = 0; }
  else if (step && rowOfStep.has(+step.dataset.step)) select(rowOfStep.get(+step.dataset.step), true);
});
const classes = { callback: "callbacks", work: "work", call: "calls", note: "notes", frame: "frames", fault: "faults", step: "steps", left: "waiting" };
for (const g in classes) if (R.some((r) => r.g === g)) {
  const l = el("label", g), box = el("input");
  box.type = "checkbox"; box.checked = true;
  box.onchange = () => { if (box.checked) state.off.delete(g); else state.off.add(g); layout(); };
  l.append(box, " " + classes[g]); $("kinds").append(l);
}
for (const a of M.cast) if (a.is) { const d = el("div"); d.append(el("b", "", a.name), " " + a.is); $("everyone").append(d); }
$("everyone").hidden = M.cast.length === 0;

// On paper stand all rows, if they are not too many.
const printWidth = 1040;
window.addEventListener("beforeprint", () => {
  state.print = true;
  layout();
  const [a, b] = inSight();
  sheet.style.height = (b - a) * RH + "px";
  rowsBox.style.top = svg.style.top = -a * RH + "px";
});
window.addEventListener("afterprint", () => {
  state.print = false;
  rowsBox.style.top = svg.style.top = "0px";
  layout();
});

// The address may say what to show: #lanes=domain&filter=word&event=7&focus=0&keys=jjk
const want = new URLSearchParams(location.hash.slice(1));
if (want.get("filter")) $("filter").value = state.filter = want.get("filter");
if (want.get("lanes") === "domain") state.lanes = "domain";
const box = $("marks");
if (box) {
  for (const i of shownBy) box.append(link(i, ""));
  if (M.last) $("shown-by").textContent = "last event";
  if (!shownBy.length) { $("shown-by").remove(); box.remove(); }
}
const longRun = 40; // rows, from which on the focus is worth it
state.focus = canFocus && (want.get("focus") ? want.get("focus") === "1" : N > longRun);
$("focus").checked = state.focus;
setLanes(state.lanes);
const first = rowOfSeq.get(+want.get("event"));
if (first !== undefined) select(first, true);
else if (letters.length) select(letters[Math.min(1, letters.length - 1)], true);
else if (shownBy.length) select(shownBy[shownBy.length - 1], true);
else if (left.length) select(left[0], true);
else if (marks.size) select([...marks.keys()][0], true);
else if (N) select(view.length ? Math.max(0, view[0]) : 0, true);
else drawDetail();
scroll.focus({ preventScroll: true });
for (const k of want.get("keys") || "") document.dispatchEvent(new KeyboardEvent("keydown", { key: k, bubbles: true }));
const data = document.body.dataset;
data.loadms = Math.round(performance.now() - started);
data.count = N; data.ready = "1";
