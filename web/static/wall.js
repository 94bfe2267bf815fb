// The wall's views in turn. They turn by this page's own time, so a lost connection stops nothing; how old the figures are
// stands in every view. `p` pauses, the arrows turn by hand; who asks for less motion starts it by the button.
"use strict";
(() => {
  const wall = document.getElementById("wall"), map = document.getElementById("map"), pause = document.getElementById("pause");
  const live = document.getElementById("live");
  const views = wall.dataset.views.split(",");
  const buttons = [...document.querySelectorAll("[data-show]")];
  let at = 0, timer = null;

  // A wall whose token was revoked is sent to the login page: that is a page of its own, not a part of the wall.
  live.addEventListener("htmx:beforeSwap", (event) => {
    if (new URL(event.detail.xhr.responseURL).pathname === live.getAttribute("hx-get")) return;
    event.detail.shouldSwap = false;
    location.reload();
  });
  if (views.length < 2) return;

  const show = (next) => {
    at = (next + views.length) % views.length;
    wall.dataset.view = views[at];
    for (const button of buttons) {
      if (button.dataset.show === views[at]) button.setAttribute("aria-current", "true"); else button.removeAttribute("aria-current");
    }
    map.dataset.view = views[at] === "charge" ? "utilisation" : "health";
    map.dispatchEvent(new Event("nms:view"));
  };
  const go = (on) => {
    clearInterval(timer);
    timer = on ? setInterval(() => show(at + 1), Number(wall.dataset.seconds) * 1000) : null;
    pause.textContent = on ? pause.dataset.pause : pause.dataset.resume;
  };
  const choose = (next) => { show(next); go(timer !== null); }; // what was chosen stays for its whole time
  buttons.forEach((button, place) => button.addEventListener("click", () => choose(place)));
  pause.addEventListener("click", () => go(timer === null));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || map.contains(event.target)) return;
    if (event.key === "p") go(timer === null);
    if (event.key === "ArrowRight") choose(at + 1);
    if (event.key === "ArrowLeft") choose(at - 1);
  });
  go(!matchMedia("(prefers-reduced-motion: reduce)").matches);
})();
