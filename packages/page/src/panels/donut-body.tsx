import type { DonutPanel } from '@tailrace/dashboards';
import type { NumbersAnswer } from '@tailrace/local';
import { formatValue } from '../format/unit.ts';
import type { PanelBodyProps } from '../panel-contract.ts';
import { seriesColor } from '../style/palette.ts';
import { arcsOf } from './arcs.ts';
import { donutLayout } from './donut-layout.ts';
import { type Share, sharesOf } from './shares.ts';
import { Swatch } from './swatch.tsx';

interface DonutProps extends Omit<PanelBodyProps, 'panel' | 'answer'> {
  readonly panel: DonutPanel;
  readonly answer: NumbersAnswer;
}

const MOST = 8;
/** Of the ring's radius. */
const INNER = 0.62;

/** Shares of a whole as a ring, and as a table that says the same. */
export function DonutBody({ panel, answer, width, height, onEvents }: DonutProps) {
  const shares = sharesOf(panel, answer, MOST);
  const { beside, size } = donutLayout(shares.length, width, height);
  return (
    <div class={beside ? 'donut' : 'donut is-narrow'}>
      <Ring shares={shares} size={size} unit={panel.unit} />
      <table class="donut-legend" aria-label={panel.title}>
        <tbody>
          {shares.map((share, at) => (
            <tr key={share.name}>
              <th scope="row" title={share.name}>
                <span class="donut-swatch">
                  <Swatch color={colorOf(share, at)} dash={[]} />
                </span>
                <PartName share={share} onEvents={onEvents} />
              </th>
              <td>{formatValue(share.value, panel.unit)}</td>
              <td class="donut-ratio">{formatValue(Math.round(share.ratio * 1000) / 1000, 'ratio')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RingProps {
  readonly shares: readonly Share[];
  readonly size: number;
  readonly unit: DonutPanel['unit'];
}

function Ring({ shares, size, unit }: RingProps) {
  const ratios = shares.map(({ ratio }) => ratio);
  const total = shares.reduce((sum, { value }) => sum + value, 0);
  const text = formatValue(total, unit);
  // As large as the hole lets it be.
  const fontSize = Math.min(0.32, 1.65 / Math.max(1, text.length));
  return (
    <svg class="donut-ring" width={size} height={size} viewBox="-1.04 -1.04 2.08 2.08" aria-hidden="true">
      {arcsOf(ratios, INNER).map((path, at) => (
        <path key={shares[at]?.name} d={path} fill={colorOf(shares[at], at)} class="donut-arc">
          <title>{shares[at]?.name}</title>
        </path>
      ))}
      <text class="donut-total" y="0.02" text-anchor="middle" dominant-baseline="middle" font-size={fontSize}>
        {text}
      </text>
    </svg>
  );
}

/** What was summed up is no series. */
function colorOf(share: Share | undefined, at: number): string {
  return share?.clicked === undefined ? 'var(--muted)' : seriesColor(at);
}

function PartName({ share: { name, clicked }, onEvents }: { share: Share; onEvents: PanelBodyProps['onEvents'] }) {
  if (clicked === undefined || onEvents === undefined) return <span class="donut-name">{name}</span>;
  return (
    <button
      {...{ type: 'button', class: 'cell-link donut-name', title: `Show the events of ${name}` }}
      onClick={() => onEvents(clicked)}
    >
      {name}
    </button>
  );
}
