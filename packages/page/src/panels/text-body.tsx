import type { TextPanel } from '@tailrace/dashboards';
import { useMemo } from 'preact/hooks';
import { type Block, type Inline, parseMarkdown } from './markdown.ts';

/** What scrolls must be reached by keys. */
const FOCUSABLE = { tabIndex: 0 };

/** Markdown as elements; there is no way for HTML in it to become any. */
export function TextBody({ panel: { text } }: { readonly panel: TextPanel }) {
  const blocks = useMemo(() => parseMarkdown(text), [text]);
  return (
    <div class="panel-body markdown" data-state="ready" {...FOCUSABLE}>
      {blocks.map((block, at) => (
        <OneBlock key={at} block={block} />
      ))}
    </div>
  );
}

function OneBlock({ block }: { block: Block }) {
  switch (block.kind) {
    case 'heading':
      // The panel's own title is of the third level.
      return block.level <= 1 ? <h4>{inlines(block.inside)}</h4> : <h5>{inlines(block.inside)}</h5>;
    case 'paragraph':
      return <p>{inlines(block.inside)}</p>;
    case 'code':
      return (
        <pre>
          <code>{block.text}</code>
        </pre>
      );
    case 'list': {
      const items = block.items.map((item, at) => <li key={at}>{inlines(item)}</li>);
      return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
  }
}

function inlines(inside: readonly Inline[]) {
  return inside.map((inline, at) => <OneInline key={at} inline={inline} />);
}

function OneInline({ inline }: { inline: Inline }) {
  switch (inline.kind) {
    case 'text':
      return <>{inline.text}</>;
    case 'code':
      return <code>{inline.text}</code>;
    case 'strong':
      return <strong>{inlines(inline.inside)}</strong>;
    case 'emphasis':
      return <em>{inlines(inline.inside)}</em>;
    case 'link':
      return (
        <a href={inline.href} rel="noopener noreferrer" target={inline.href.startsWith('#') ? '_self' : '_blank'}>
          {inlines(inline.inside)}
        </a>
      );
  }
}
