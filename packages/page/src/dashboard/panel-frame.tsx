import type { DashboardView, PanelView } from '@tailrace/local';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { Failure } from '../api/client.ts';
import type { Clicked, PanelBodyProps, Span } from '../panel-contract.ts';
import { PanelBody } from '../panels/panel-body.tsx';
import { TextBody } from '../panels/text-body.tsx';
import { Icon } from '../shell/icons.tsx';
import { Popover } from '../shell/popover.tsx';
import { useSize } from '../shell/sizes.ts';
import { useSession } from '../state/session.ts';
import { emptyWords, isEmptyAnswer } from './panel-state.ts';
import { type PanelWish, usePanelAnswer } from './use-panel-answer.ts';
import { useVisible } from './use-visible.ts';

export interface PanelFrameProps {
  readonly view: DashboardView;
  readonly shown: PanelView;
  readonly wish: Omit<PanelWish, 'panel'>;
  readonly theme: 'dark' | 'light';
  onZoom(span: Span): void;
  onWiden(): void;
  onClear(): void;
  /** Undefined where no events lie behind the panel. */
  readonly onEvents: ((clicked: Clicked) => void) | undefined;
}

/** Title, description and menu around what a panel shows, or why it shows nothing. */
export function PanelFrame(props: PanelFrameProps) {
  const { panel } = props.shown;
  const { width, height } = panel;
  // On windows of middle width panels are twice as wide, at least half a row.
  const style = { '--w': width, '--w-middle': Math.min(24, Math.max(width * 2, 8)), '--h': height };
  return (
    <article
      class={`panel kind-${panel.kind}`}
      style={style}
      id={`panel-${panel.id}`}
      aria-labelledby={`${panel.id}-title`}
    >
      <header class="panel-header">
        <h3 id={`${panel.id}-title`} title={panel.title}>
          {panel.title}
        </h3>
        <div class="panel-tools">
          <Popover
            button={<Icon name="info" />}
            buttonClass="button quiet tiny"
            label={`About ${panel.title}`}
            title={panel.title}
          >
            {() => <p class="pad about">{panel.description}</p>}
          </Popover>
          <PanelMenu title={panel.title} onEvents={props.onEvents} />
        </div>
      </header>
      {contentOf(props)}
    </article>
  );
}

function contentOf(props: PanelFrameProps) {
  const { panel, leftOut } = props.shown;
  if (leftOut !== undefined) return <Message sign="info" text={`Not shown here: ${leftOut}.`} />;
  // It asks nothing, so it waits for nothing.
  if (panel.kind === 'text') return <TextBody panel={panel} />;
  return <PanelContent {...props} />;
}

function PanelMenu({ title, onEvents }: { title: string; onEvents: PanelFrameProps['onEvents'] }) {
  if (onEvents === undefined) return null;
  return (
    <Popover
      button={<Icon name="more" />}
      buttonClass="button quiet tiny"
      label={`Menu of ${title}`}
      title={`Menu of ${title}`}
      align="end"
    >
      {(close) => (
        <ul class="menu">
          <li>
            <button
              type="button"
              class="menu-item"
              onClick={() => {
                close();
                onEvents({});
              }}
            >
              Show the events
            </button>
          </li>
        </ul>
      )}
    </Popover>
  );
}

function PanelContent(props: PanelFrameProps) {
  const { shown, wish, onWiden, onClear } = props;
  const { panel } = shown;
  const { sizes } = useSession();
  const body = useRef<HTMLDivElement>(null);
  const size = useSize(sizes, body);
  const isVisible = useVisible(body);
  const [attempt, setAttempt] = useState(0);
  const { value, span, failure, isLoading } = usePanelAnswer({ ...wish, panel: panel.id }, isVisible, attempt);
  const isEmpty = value !== null && isEmptyAnswer(value);
  // Over all panels it says that nothing answers; what they showed stays.
  const isTold = failure !== null && (value === null || failure.kind !== 'unreachable');
  const hasChosen = Object.keys(wish.chosen).length > 0;
  return (
    <div class="panel-body" ref={body} aria-busy={isLoading} data-state={stateOf(value !== null, isEmpty, failure)}>
      {isLoading && <div class="progress" aria-hidden="true" />}
      {value === null && failure === null && <Skeleton />}
      {failure !== null && isTold && (
        <FailureNote failure={failure} isOver={value !== null} onAgain={() => setAttempt(attempt + 1)} />
      )}
      {value !== null && isEmpty && (
        <Message sign="search" text={emptyWords(panel, hasChosen)}>
          <button type="button" class="button small" onClick={onWiden}>
            Show a longer time
          </button>
          {hasChosen && (
            <button type="button" class="button small" onClick={onClear}>
              Clear filters
            </button>
          )}
        </Message>
      )}
      {value !== null && !isEmpty && size !== null && (
        <Body {...props} answer={value} span={span} width={size.width} height={size.height} />
      )}
    </div>
  );
}

function stateOf(hasValue: boolean, isEmpty: boolean, failure: Failure | null): string {
  if (failure !== null) return 'error';
  if (!hasValue) return 'loading';
  return isEmpty ? 'empty' : 'ready';
}

interface BodyProps extends PanelFrameProps, Pick<PanelBodyProps, 'answer' | 'width' | 'height'> {
  readonly span: Span;
}

/** Drawn anew only when what it shows is another. */
function Body(props: BodyProps) {
  const { shown, answer, span, theme, width, height } = props;
  const latest = useRef(props);
  latest.current = props;
  const hasEvents = props.onEvents !== undefined;
  const { from, to } = span;
  return useMemo(
    () => (
      <PanelBody
        panel={shown.panel}
        answer={answer}
        view={{ from, to }}
        theme={theme}
        width={width}
        height={height}
        onZoom={(part) => latest.current.onZoom(part)}
        onEvents={hasEvents ? (clicked) => latest.current.onEvents?.(clicked) : undefined}
      />
    ),
    [shown.panel, answer, from, to, theme, width, height, hasEvents],
  );
}

function Skeleton() {
  return <div class="skeleton" aria-hidden="true" />;
}

function FailureNote({ failure, isOver, onAgain }: { failure: Failure; isOver: boolean; onAgain(): void }) {
  return (
    <div class={isOver ? 'failure over' : 'failure'} role="alert">
      <Icon name="warning" />
      <p>{failure.message}</p>
      <button type="button" class="button small" onClick={onAgain}>
        Try again
      </button>
    </div>
  );
}

interface MessageProps {
  readonly sign: 'info' | 'search';
  readonly text: string;
  readonly children?: preact.ComponentChildren;
}

function Message({ sign, text, children }: MessageProps) {
  return (
    <div class="message" role="note">
      <Icon name={sign} />
      <p>{text}</p>
      <div class="message-actions">{children}</div>
    </div>
  );
}
