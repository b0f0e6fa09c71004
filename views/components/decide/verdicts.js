// Both verdicts: the headline, its range, how often it holds, what flips it.

import { colour, element } from "./dom.js";

/** Draw one verdict into its box. */
function paintVerdict(box, verdict) {
  if (!verdict) {
    box.hidden = true;
    return;
  }
  box.hidden = false;
  const amount = verdict.amount ? [", ", element("b", { text: verdict.amount })] : [];
  box.replaceChildren(
    element("p", { class: "kicker", text: verdict.kicker }),
    element("h2", {}, verdict.title, ...amount),
    element("p", { class: "lead", text: verdict.range }),
    odds(verdict.odds),
    ...verdict.notes.map((text) => element("p", { class: "note", text })),
    verdict.flips ? element("p", { class: "note flips" }, element("b", { text: "What flips it: " }), verdict.flips) : "",
  );
}

/** The bar of shares; the sentence below it says the same in words. */
function odds(shares) {
  if (!shares.length) return "";
  const bar = element("div", { class: "odds", "aria-hidden": "true" });
  for (const [share, hue] of shares) {
    if (share > 0) bar.append(element("i", { style: `flex:${share};background:${colour(hue)}` }));
  }
  return bar;
}

/** Draw both verdicts: Mac or PC first, where both kinds are compared. */
export function paintVerdicts(boxes, frame) {
  const both = frame.verdicts.length > 1 ? frame.verdicts : [frame.verdicts[0], null];
  boxes.forEach((box, place) => paintVerdict(box, both[place]));
}

/** One line for the phone's sheet and for screen readers. */
export function verdictLine(frame) {
  const overall = frame.verdicts.at(-1);
  const pair = frame.verdicts.length > 1 ? frame.verdicts[0] : null;
  const of = (verdict) => `${verdict.title}${verdict.amount ? ` ${verdict.amount}` : ""}`;
  return { first: of(overall), second: pair ? `${pair.kicker} ${of(pair)}` : "" };
}
