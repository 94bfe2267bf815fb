// What every page shares: a lost connection is said, keys for those who live here. No state is kept in the browser.
"use strict";
(() => {
  const freshness = document.getElementById("freshness");
  const live = document.querySelector("[data-live]");
  if (live && freshness) {
    const stampOf = () => live.querySelector("[data-stamp]")?.dataset.stamp || "";
    let stamp = stampOf();
    live.addEventListener("htmx:afterSwap", () => {
      stamp = stampOf();
      freshness.textContent = "";
      freshness.classList.remove("lost");
      live.classList.remove("stale");
    });
    const lost = () => {
      freshness.textContent = `${freshness.dataset.lost} ${stamp}`;
      freshness.classList.add("lost");
      live.classList.add("stale");
    };
    live.addEventListener("htmx:sendError", lost);
    live.addEventListener("htmx:responseError", lost);
  }
  const places = { o: "/", m: "/carte", l: "/liaisons", s: "/secteurs", h: "/points-acces", d: "/appareils" };
  let waiting = false;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (waiting && places[event.key]) location.assign(places[event.key]);
    waiting = event.key === "g";
    if (event.key === "/") {
      const search = document.querySelector('input[type="search"]');
      if (search) { event.preventDefault(); search.focus(); }
    }
    if (event.key === "j" || event.key === "k") {
      const rows = [...document.querySelectorAll(".sheet tbody tr")];
      if (!rows.length) return;
      const at = rows.findIndex((row) => row.classList.contains("selected"));
      const next = Math.max(0, Math.min(rows.length - 1, at + (event.key === "j" ? 1 : -1)));
      rows.forEach((row) => row.classList.remove("selected"));
      rows[next].classList.add("selected");
      rows[next].scrollIntoView({ block: "nearest" });
    }
    if (event.key === "Enter") document.querySelector(".sheet tr.selected a")?.click();
  });
})();
