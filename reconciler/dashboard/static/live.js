/* Keeps what is marked data-live as it is in the store. The server only says that something has changed; the page then
   asks for itself anew, and takes over what differs: focus, open details, scrolled tables and half-typed words stay. */
"use strict";
(() => {
  const LEAST = 2000, RETRY = 30000, LIVE = '[data-live], [hx-trigger="sse:changed"]';
  let source = null, wanted = false, busy = false, held = false, last = 0, timer = 0;

  const key = (node) => node.nodeType === 1 ? node.id || node.dataset.key || "" : "";
  const alike = (one, other) => one.nodeType === other.nodeType && one.nodeName === other.nodeName && key(one) === key(other);
  const typing = (form) => {
    const at = document.activeElement;
    return at && form.contains(at) && at.matches("input, select, textarea");
  };
  const selecting = (region) => {
    const chosen = document.getSelection();
    return chosen && !chosen.isCollapsed && region.contains(chosen.anchorNode);
  };

  /* Makes `old` what `fresh` is, touching as little as may be. Data that hides (details, forms) keeps its own mind. */
  function become(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeName === "FORM" && typing(old)) { held = true; return; }
    if (!alike(old, fresh) || old.nodeName === "svg") { old.replaceWith(fresh); return; }
    if (old.nodeType !== 1) { old.data = fresh.data; return; }
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    let at = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      const same = !at || alike(at, child) ? at : key(child) && [...old.children].find((one) => alike(one, child));
      if (!same) { old.insertBefore(child, at); continue; }
      if (same !== at) old.insertBefore(same, at);
      else at = at.nextSibling;
      become(same, child);
    }
    while (at) { const next = at.nextSibling; at.remove(); at = next; }
  }

  function take(fresh) {
    held = false;
    const focused = document.activeElement;
    for (const region of document.querySelectorAll(LIVE)) {
      const other = region.id && fresh.getElementById(region.id);
      if (!other) continue;
      if (selecting(region)) { held = true; continue; }
      become(region, document.adoptNode(other));
      if (window.htmx) htmx.process(region);
    }
    if (focused && focused.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
    return held;
  }

  async function refresh() {
    if (busy || !wanted || document.hidden) return;
    busy = true; wanted = false;
    const began = Date.now();
    let least = LEAST;
    try {
      const came = await fetch(location.href, { credentials: "same-origin" });
      if (came.ok && new URL(came.url).pathname === location.pathname) {
        wanted = take(new DOMParser().parseFromString(await came.text(), "text/html"));
      }
    } catch { wanted = true; least = RETRY; }
    last = Date.now();
    busy = false;
    if (wanted && !held) later(Math.max(least, 4 * (last - began)));
  }

  function later(wait) {
    clearTimeout(timer);
    timer = setTimeout(refresh, wait);
  }

  function changed() {
    wanted = true;
    if (!busy) later(Math.max(0, last + LEAST - Date.now()));
  }

  function say(word) {
    const sign = document.getElementById("live-sign");
    if (sign) { sign.dataset.state = word; sign.textContent = { live: "Live", lost: "Connecting" }[word]; sign.hidden = false; }
  }

  function listen() {
    if (source || document.hidden || !document.querySelector(LIVE)) return;
    source = new EventSource(`/live?since=${document.body.dataset.since}`);
    source.onopen = () => say("live");
    source.addEventListener("changed", changed);
    source.onerror = () => {
      say("lost");
      if (source && source.readyState === EventSource.CLOSED) { source = null; setTimeout(() => { changed(); listen(); }, RETRY); }
    };
  }

  /* A browser has few lines to one server: a page that nobody sees gives its own back. */
  function hush() {
    if (source) source.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hush();
    else { changed(); listen(); }
  });
  addEventListener("pagehide", hush);
  addEventListener("pageshow", (event) => { if (event.persisted) { changed(); listen(); } });
  /* On a phone the pages scroll sideways: the one that is open comes into sight. */
  const pages = document.querySelector(".top nav"), open = pages && pages.querySelector("[aria-current]");
  if (open) pages.scrollLeft = open.offsetLeft - (pages.clientWidth - open.offsetWidth) / 2;

  /* Once a proxy knows the visitor no more, it answers with a page of its own: that goes into no part of this one. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status < 300 && !xhr.responseText.includes("<body data-since=")) { event.detail.shouldSwap = false; location.reload(); }
  });

  const goOn = () => { if (wanted && held) later(LEAST); };
  document.addEventListener("focusout", goOn);
  document.addEventListener("selectionchange", goOn);
  listen();
})();
