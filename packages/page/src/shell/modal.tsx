import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Icon } from './icons.tsx';

interface ModalProps {
  readonly title: string;
  /** At the right edge, as high as the window. */
  readonly isSide?: boolean;
  readonly children: ComponentChildren;
  onClose(): void;
}

/** The browser's own modal dialog: it holds the focus, Escape closes it, and the focus goes back to where it was. */
export function Modal({ title, isSide = false, children, onClose }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const closed = useRef(onClose);
  closed.current = onClose;
  useEffect(() => {
    const element = dialog.current;
    if (element === null) return;
    const stopped = new AbortController();
    const { signal } = stopped;
    // A click beside it; keys have Escape and the button.
    element.addEventListener('click', ({ target }) => target === element && element.close(), { signal });
    element.addEventListener('close', () => closed.current(), { signal });
    element.showModal();
    return () => {
      // What takes it away has said already what comes next.
      stopped.abort();
      element.close();
    };
  }, []);
  return (
    <dialog ref={dialog} class={isSide ? 'modal side' : 'modal'} aria-labelledby={heading}>
      <div class="modal-surface">
        <header class="modal-header">
          <h2 id={heading}>{title}</h2>
          <button type="button" class="button quiet square" aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        <div class="modal-body">{children}</div>
      </div>
    </dialog>
  );
}
