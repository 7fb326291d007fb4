/** Money on its way from the hand into its slot: a picture that flies and is gone. */

const FLY_MS = 380;

/** Flies a copy of the picture in `from` to the element that `target` selects, unless motion is unwanted. */
export function flyTo(from: Element, target: string): void {
  const picture = from.querySelector("svg");
  const goal = document.querySelector(target);
  if (picture === null || goal === null || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const start = picture.getBoundingClientRect();
  const end = goal.getBoundingClientRect();
  const isSeen = end.bottom > 0 && end.top < innerHeight;
  if (!isSeen) return;
  const copy = document.createElement("span");
  copy.className = "flying";
  copy.ariaHidden = "true";
  Object.assign(copy.style, { left: `${start.left}px`, top: `${start.top}px`, width: `${start.width}px` });
  copy.append(picture.cloneNode(true));
  document.body.append(copy);
  const byX = end.left + end.width / 2 - start.left - start.width / 2;
  const byY = end.top + end.height / 2 - start.top - start.height / 2;
  const frames = [
    { transform: "none", opacity: 1 },
    { transform: `translate(${byX}px, ${byY}px) scale(0.7)`, opacity: 1, offset: 0.8 },
    { transform: `translate(${byX}px, ${byY}px) scale(0.35)`, opacity: 0 },
  ];
  copy.animate(frames, { duration: FLY_MS, easing: "ease-in" }).finished.then(
    () => copy.remove(),
    () => copy.remove(),
  );
}
