import type { Locator, Page } from 'playwright-core';

/** What a panel shows as rows of text: of a stat its numbers, of a plot its table, of a top list names and values. */
export async function shownRows(page: Page, id: string, kind: string): Promise<string[][]> {
  const panel = page.locator(`#panel-${id}`);
  await panel.scrollIntoViewIfNeeded();
  await panel.locator('.panel-body[data-state="ready"][aria-busy="false"]').waitFor();
  // The word of its colour stands beside the number.
  if (kind === 'stat') {
    const words = await panel
      .locator('.stat-number')
      .evaluateAll((all) => all.map((each) => each.firstChild?.textContent ?? ''));
    return words.map((text) => [text]);
  }
  if (kind === 'toplist') return await cells(panel.locator('.toplist-row'), '.toplist-name, .toplist-value');
  if (kind === 'donut') return await cells(panel.locator('.donut-legend tr'), 'th, td');
  if (kind === 'timeseries' || kind === 'heatmap') await panel.getByRole('button', { name: 'Show as table' }).click();
  const more = panel.locator('.more-rows');
  while ((await more.count()) > 0) await more.click();
  const rows = await cells(panel.locator('.data-table tbody tr'), 'td');
  if (kind === 'timeseries' || kind === 'heatmap') await panel.getByRole('button', { name: 'Show as chart' }).click();
  return rows;
}

async function cells(rows: Locator, cell: string): Promise<string[][]> {
  return await rows.evaluateAll(
    (all, selector) =>
      all.map((row) => [...row.querySelectorAll(selector)].map((each) => (each.textContent ?? '').trim())),
    cell,
  );
}
