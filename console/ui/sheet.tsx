import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icon.tsx";

interface SheetProps {
  readonly title: string;
  readonly note?: string | undefined;
  readonly picture?: ComponentChildren;
  /** A question stands in the middle, and is only as large as it has to be. */
  readonly isQuestion?: boolean;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** Comes in from the side, over the board. A modal `dialog`: Escape, the way focus takes and what lies below are the browser's work. */
export function Sheet({ title, note, picture, isQuestion = false, onClose, children }: SheetProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  // While the dialog is still in the document: effects of the other kind are undone after the next paint, and by then the focus is lost.
  useLayoutEffect(() => {
    const [opened, before] = [dialog.current, document.activeElement];
    opened?.showModal();
    return () => {
      opened?.close();
      // A dialog that is taken away, as by the back button, does not give the focus back by itself.
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={isQuestion ? "sheet small" : "sheet"}
      aria-labelledby="sheet-title"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // A browser that does not let itself be stopped closes by itself; after that we are told, and after our own closing we are gone.
      onClose={() => dialog.current && onClose()}
      onClick={(event) => {
        // The content covers all of the dialog, so a click on the dialog itself is one beside it.
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div class="sheet-body">
        <header class="sheet-head">
          {picture}
          <div>
            {/* Focus begins at the title, so that it is read, and not at the way out. */}
            <h2 id="sheet-title" tabIndex={-1} autofocus>
              {title}
            </h2>
            {note !== undefined && <p class="faint">{note}</p>}
          </div>
          <button type="button" class="quiet" onClick={onClose}>
            <Icon name="close" />
            <span class="unseen">Close</span>
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
