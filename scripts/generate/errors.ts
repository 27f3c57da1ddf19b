import { errorsPage } from '@tailrace/core';

/** docs/errors.md, the page of all error codes. */
export function files(): Record<string, string> {
  return { 'docs/errors.md': errorsPage() };
}
