import { Modal } from './modal.tsx';

const KEYS = [
  ['/', 'Search the events'],
  ['t', 'Choose the time'],
  ['r', 'Refresh'],
  ['e', 'Events'],
  ['d', 'Dashboards'],
  ['?', 'This help'],
  ['Esc', 'Close what is open'],
] as const;

export function HelpDialog({ onClose }: { onClose(): void }) {
  return (
    <Modal title="Keys and help" onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <p>
        Drag over a chart to look closer, and go back with the browser’s own button: all that you choose is in the
        address.
      </p>
      <p>
        The same store answers SQL: <code>tailrace query "SELECT count(*) FROM logs"</code>
      </p>
    </Modal>
  );
}
