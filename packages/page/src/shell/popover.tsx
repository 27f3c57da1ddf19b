import type { ComponentChildren, TargetedToggleEvent } from 'preact';
import { useCallback, useId, useRef, useState } from 'preact/hooks';

interface PopoverProps {
  /** What the button says, and its accessible name where that is a sign only. */
  readonly button: ComponentChildren;
  readonly label?: string;
  readonly buttonClass?: string;
  /** Accessible name of what opens. */
  readonly title: string;
  /** At which edge of the button it is aligned. */
  readonly align?: 'start' | 'end';
  readonly id?: string;
  /** Drawn while it is open, an element with `data-focus` gets the focus, or the first that can have it; `close` gives it back to the button. */
  readonly children: (close: () => void) => ComponentChildren;
}

const EDGE = 8;
const FOCUSABLE = 'button, a[href], input, select';

/** A button that opens a small surface above the page; Escape and a click elsewhere close it (the browser's own popovers). */
export function Popover({ button, label, buttonClass, title, align = 'start', id, children }: PopoverProps) {
  const [isOpen, setOpen] = useState(false);
  const surface = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const target = `${useId()}-surface`;
  const close = useCallback(() => {
    surface.current?.hidePopover();
    opener.current?.focus();
  }, []);
  const attach = useCallback(
    (element: HTMLDivElement | null) => {
      if (element === null || opener.current === null) return;
      place(element, opener.current, align);
      const first = element.querySelector<HTMLElement>('[data-focus]') ?? element.querySelector<HTMLElement>(FOCUSABLE);
      (first ?? element).focus();
    },
    [align],
  );
  const toggled = ({ newState }: TargetedToggleEvent<HTMLDivElement>) => setOpen(newState === 'open');
  return (
    <>
      <button
        {...{ type: 'button', ref: opener, id, title: label, class: buttonClass ?? 'button', popovertarget: target }}
        {...{ 'aria-expanded': isOpen, 'aria-haspopup': 'dialog', 'aria-label': label }}
      >
        {button}
      </button>
      <div ref={surface} id={target} popover="auto" class="popover" role="dialog" aria-label={title} onToggle={toggled}>
        {isOpen && (
          <div ref={attach} class="popover-content" tabIndex={-1}>
            {children(close)}
          </div>
        )}
      </div>
    </>
  );
}

/** Below the button where there is room, else above, and always within the window. */
function place(content: HTMLElement, opener: HTMLElement, align: 'start' | 'end'): void {
  const surface = content.parentElement;
  if (surface === null) return;
  const button = opener.getBoundingClientRect();
  const { width, height } = surface.getBoundingClientRect();
  const wanted = align === 'start' ? button.left : button.right - width;
  const left = Math.max(EDGE, Math.min(wanted, innerWidth - width - EDGE));
  const below = button.bottom + 4;
  const fits = below + height + EDGE <= innerHeight || button.top < height;
  surface.style.left = `${left}px`;
  surface.style.top = `${fits ? Math.max(EDGE, Math.min(below, innerHeight - height - EDGE)) : button.top - height - 4}px`;
}
