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
    live.addEventListener("htmx:timeout", lost);
  }
  const tab = document.querySelector(".tabs a[aria-current]"); // on a phone the row of pages scrolls
  if (tab && tab.parentElement.scrollWidth > tab.parentElement.clientWidth) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 40;
  const help = document.getElementById("keys");
  const places = Object.fromEntries([...(help?.querySelectorAll("[data-key]") || [])].map((a) => [a.dataset.key, a.href]));
  document.querySelectorAll("[data-help]").forEach((button) => button.addEventListener("click", () => help?.showModal()));
  let waiting = false;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, [contenteditable]") || document.querySelector("dialog[open]")) return;
    if (waiting && places[event.key]) { location.assign(places[event.key]); return; }
    waiting = event.key === "g";
    if (event.key === "?" && help) { event.preventDefault(); help.showModal(); }
    if (event.key === "/") {
      const search = document.getElementById("find") || document.querySelector('input[type="search"]');
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
    if (event.key === "j" || event.key === "k") {
      const rows = [...document.querySelectorAll(".sheet tbody tr")];
      if (!rows.length) return;
      const at = rows.findIndex((row) => row.classList.contains("selected"));
      const next = Math.max(0, Math.min(rows.length - 1, at + (event.key === "j" ? 1 : -1)));
      rows.forEach((row) => row.classList.remove("selected"));
      rows[next].classList.add("selected");
      rows[next].scrollIntoView({ block: "nearest" });
      rows[next].querySelector("a")?.focus({ preventScroll: true });
    }
    if (event.key === "Enter" && !event.target.closest("a, button, summary")) document.querySelector(".sheet tr.selected a")?.click();
  });
  const fold = document.getElementById("fold");
  fold?.addEventListener("click", () => {
    const open = fold.getAttribute("aria-expanded") !== "true";
    fold.setAttribute("aria-expanded", String(open));
    document.getElementById("menu").classList.toggle("open", open);
  });
  const find = document.getElementById("find"), box = document.getElementById("suggestions");
  if (!find || !box) return;
  const options = () => [...box.querySelectorAll('a[role="option"]')];
  const show = (open) => {
    box.hidden = !open;
    find.setAttribute("aria-expanded", String(open));
    if (!open) choose(null);
  };
  const choose = (option) => {
    box.querySelectorAll('[aria-selected="true"]').forEach((one) => one.setAttribute("aria-selected", "false"));
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) find.setAttribute("aria-activedescendant", option.id); else find.removeAttribute("aria-activedescendant");
  };
  box.addEventListener("htmx:afterSwap", () => show(Boolean(find.value.trim()) && document.activeElement === find && box.children.length > 0));
  find.addEventListener("input", () => { if (!find.value.trim()) show(false); });
  find.addEventListener("keydown", (event) => {
    const all = options(), at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "Escape") { if (box.hidden) find.blur(); else { event.preventDefault(); show(false); } }
    if (box.hidden || !all.length) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = event.key === "ArrowDown" ? at + 1 : at < 0 ? all.length - 1 : at - 1;
      choose(next < 0 || next >= all.length ? null : all[next]);
    }
    if (event.key === "Enter" && at >= 0) { event.preventDefault(); location.assign(all[at].href); }
  });
  find.form.addEventListener("focusout", (event) => { if (!find.form.contains(event.relatedTarget)) show(false); });
})();
