// The shade of the first chart: 8 of 10 futures of the two leaders (views/bands.py). It takes about a third as long as
// the answer, so the page asks for it at rest where somebody can see the chart, and else once it was left alone for a
// while: so it is there by the time that somebody prints. Printing waits for no server; paper says where it is missing.

import { paintLines } from "./charts.js";

const REST_MS = 150, LEFT_ALONE_MS = 8000, AGAIN_MS = 5000, LONGEST_MS = 60_000, BUSY = [429, 503], NEAR = "200px 0px";
const NAMES = ["id", "catalogue", "as_of", "money", "labour", "draws"]; // what an answer's figures depend on

export class Shade {
  constructor(page) {
    this.page = page;
    this.end = new AbortController();
    this.sight = new IntersectionObserver(
      (seen) => {
        this.isNear = seen.at(-1).isIntersecting;
        this.plan();
      },
      { root: scroller(page.lines), rootMargin: NEAR },
    );
    this.sight.observe(page.lines);
    document.addEventListener("visibilitychange", () => this.plan(), { signal: this.end.signal });
  }

  /** The server's frame of a page at rest, and the address that it answers; the last shade stays if it is its own. */
  rest(frame, address) {
    this.frame = frame;
    this.path = `/api/shade.json?${address}`;
    if (!this.put(this.last) && !frame.draws) this.page.bandEnds = null;
    this.plan();
  }

  /** Quick moves, and a chart that is scrolled past, ask for nothing; nor does a page whose chart nobody sees, at once. */
  plan(afterMs = this.isNear ? REST_MS : LEFT_ALONE_MS) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), afterMs);
  }

  async ask() {
    if (this.isAsking || document.visibilityState !== "visible" || !this.isMissing()) return;
    const frame = this.frame;
    let said = null, againMs = 0;
    this.isAsking = true;
    try {
      const answer = await fetch(this.path, { signal: AbortSignal.any([this.end.signal, AbortSignal.timeout(LONGEST_MS)]) });
      const text = await answer.text(); // read to its end, or it stays open
      if (answer.ok) said = JSON.parse(text);
      else if (BUSY.includes(answer.status)) againMs = 1000 * Number(answer.headers.get("retry-after")) || AGAIN_MS;
    } catch {
      // the server is away: the next answer, or a scroll, asks again
    }
    this.isAsking = false;
    if (this.end.signal.aborted) return;
    if (!againMs) this.take(said, frame);
    if (this.frame !== frame) this.plan(); // the page has moved on: one request at a time, the newest wins
    else if (againMs) this.plan(againMs); // the axis stays until then
  }

  /** Draw what was asked for `frame`; where there is none, the chart's axis is that of its lines. */
  take(said, frame) {
    if (this.end.signal.aborted) return;
    this.last = said ?? this.last;
    const isPut = this.put(said);
    if (!isPut && this.frame !== frame) return;
    if (!isPut) this.page.bandEnds = null;
    if (this.page.frame === this.frame) paintLines(this.page.lines, this.frame, this.page);
  }

  /** Give the rows of the frame at rest their bands; whether these belong to its answer. */
  put(said) {
    if (!said || NAMES.some((name) => said[name] !== this.frame[name])) return false;
    for (const row of this.frame.rows) row.band = said.bands[row.id];
    return true;
  }

  /** Whether the page shows an answer at rest that has no shade yet. */
  isMissing() {
    const { frame, page } = this;
    if (!frame?.draws || frame !== page.frame || page.isMoving() || page.unsaid.length) return false;
    return frame.rows.some((row) => row.by_month) && !frame.rows.some((row) => row.band);
  }

  leave() {
    clearTimeout(this.timer);
    this.sight.disconnect();
    this.end.abort();
  }
}

/** What scrolls the chart, as seen from its shadow tree: a margin counts around that alone. null is the window. */
function scroller(box) {
  for (let at = box; at; at = at.parentElement ?? at.getRootNode().host) {
    if (/auto|scroll/.test(getComputedStyle(at).overflowY)) return at;
  }
  return null;
}
