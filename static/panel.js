// What no server can do: copy to the clipboard, hold the focus in dialogs, close menus. Everything else is HTML and htmx.

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    try {
      await navigator.clipboard.writeText(copy.dataset.copy);
    } catch {
      // Without a secure context there is no clipboard API: select the text instead, Ctrl-C does the rest.
      const source = copy.closest("dd, td, div")?.previousElementSibling ?? copy.parentElement;
      getSelection().selectAllChildren(source);
      return;
    }
    const words = copy.textContent;
    copy.textContent = copy.dataset.copied || "✓";
    setTimeout(() => { copy.textContent = words; }, 1500);
    return;
  }
  // Without script the browser shows a dialog beside the page; with it, nothing but the dialog can be reached.
  const switcher = event.target.closest("[popovertarget]");
  const dialog = switcher && document.getElementById(switcher.getAttribute("popovertarget"));
  if (dialog instanceof HTMLDialogElement) {
    event.preventDefault();
    if (switcher.getAttribute("popovertargetaction") === "hide") dialog.close();
    else dialog.showModal();
    return;
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A form that submits itself when a choice in it changes: <form data-autosubmit>.
document.addEventListener("change", (event) => {
  event.target.closest("form[data-autosubmit]")?.requestSubmit();
});

// A passkey that was not found or not given: say so where the button is.
document.addEventListener("allauth.error", (event) => {
  const trouble = document.getElementById("passkey-trouble");
  if (!trouble) return;
  event.preventDefault();
  trouble.hidden = false;
});

// One box ticks all boxes of its form's list.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-check-all]")) return;
  for (const box of event.target.closest("table").querySelectorAll("tbody input[type=checkbox]")) box.checked = event.target.checked;
});

// While a form is under way its buttons cannot be pressed again, and say so. What the server does not answer with a
// page of its own (a download) frees them after a moment, as do going back to the page, and every end of htmx's request.
const DOWNLOAD_MS = 3000;
const LOST_MS = 30_000; // after which it may be tried again: its once-only token sees to it that nothing is done twice

function buttonsOf(form) {
  return [...form.elements].filter((element) => element.matches("button:not([type=button]), input[type=submit]"));
}

function begin(form, pressed) {
  form.setAttribute("aria-busy", "true");
  for (const button of buttonsOf(form)) {
    if (button.disabled) continue;
    button.disabled = true;
    button.dataset.held = "";
  }
  if (pressed) pressed.classList.add("under-way");
}

function end(form) {
  form.removeAttribute("aria-busy");
  for (const button of buttonsOf(form)) {
    button.classList.remove("under-way");
    if (!("held" in button.dataset)) continue;
    button.disabled = false;
    delete button.dataset.held;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (event.submitter?.formTarget) return; // shown in a frame beside it: the page stays
  if (form.getAttribute("aria-busy") === "true") {
    event.preventDefault();
    return;
  }
  const pressed = event.submitter ?? buttonsOf(form)[0];
  form.setAttribute("aria-busy", "true");
  // Disabled at once, the button would not be sent with the form.
  setTimeout(() => {
    begin(form, pressed);
    const download = pressed?.matches("[data-download]") || form.matches("[data-download]");
    setTimeout(() => end(form), download ? DOWNLOAD_MS : LOST_MS);
  });
});

function formOf(event) {
  const element = event.detail.elt;
  const form = element.closest("form");
  // Of what only asks (a search, rules while a password is typed) nothing is held up.
  return form?.method === "post" && (element === form || element.matches("button")) ? form : null;
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const form = formOf(event);
  if (!form) return;
  const asked = event.detail.elt.matches("button") ? event.detail.elt : event.detail.requestConfig?.triggeringEvent?.submitter;
  begin(form, asked ?? buttonsOf(form)[0]);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = formOf(event);
  if (form) end(form);
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) end(form);
});

// A page that waited for a worker is replaced by the one that it waited for.
document.addEventListener("panel:go", (event) => window.location.replace(event.detail.to));
