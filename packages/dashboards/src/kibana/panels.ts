import type { EventsPanel, Panel } from '../model.ts';
import type { GridData } from './layout.ts';
import { kuery, lensAttributes } from './lens.ts';
import type { Place } from './place.ts';
import { DATA_VIEW_TYPE, type JsonObject, type Reference, type SavedObject, SEARCH_TYPE } from './saved-object.ts';

/** A panel as it stands in `panelsJSON`, and what the dashboard must refer to for it. */
export interface PlacedPanel {
  readonly panel: JsonObject;
  readonly references: readonly Reference[];
  /** Objects of their own that it shows. */
  readonly objects: readonly SavedObject[];
}

/** What a panel of the model becomes in Kibana; `ownerId` is the id of the dashboard. */
export function panelOf(panel: Panel, grid: GridData, ownerId: string, place: Place): PlacedPanel {
  if (panel.kind === 'events') return events(panel, grid, searchId(ownerId, panel), place);
  if (panel.kind === 'text') return markdown(panel.id, panel.text, grid);
  if (panel.kind === 'heatmap') return place.refuse('Kibana reads logs, and this is a metric');
  const { attributes, references } = lensAttributes(panel, place);
  const config = {
    ...{ attributes, description: panel.description },
    enhancements: panel.kind === 'table' && panel.drillDown !== undefined ? toEvents(panel.id) : {},
    ...(panel.kind === 'stat' ? { hidePanelTitles: true } : {}),
  };
  return {
    panel: { ...frame('lens', panel.id, grid), title: panel.title, embeddableConfig: config },
    references: references.map((reference) => ({ ...reference, name: `${panel.id}:${reference.name}` })),
    objects: [],
  };
}

function frame(type: string, id: string, { x, y, w, h }: GridData): JsonObject {
  return { type, panelIndex: id, gridData: { x, y, w, h, i: id } };
}

/** A click on a value offers to open its events in Discover, with the filters and the time of the dashboard. */
function toEvents(id: string): JsonObject {
  const action = { factoryId: 'OPEN_IN_DISCOVER_DRILLDOWN', name: 'Show events', config: { openInNewTab: false } };
  return { dynamicActions: { events: [{ eventId: `${id}-events`, triggers: ['FILTER_TRIGGER'], action }] } };
}

/** Markdown by value; it needs no data view. */
export function markdown(id: string, text: string, grid: GridData): PlacedPanel {
  const savedVis = {
    ...{ title: '', description: '', type: 'markdown' },
    params: { fontSize: 12, openLinksInNewTab: false, markdown: text },
    ...{ uiState: {}, data: { aggs: [], searchSource: { query: { query: '', language: 'kuery' }, filter: [] } } },
  };
  return {
    panel: {
      ...frame('visualization', id, grid),
      ...{ title: '', embeddableConfig: { savedVis, enhancements: {}, hidePanelTitles: true } },
    },
    references: [],
    objects: [],
  };
}

/** Id of the saved search behind a panel of events, which a link opens in Discover. */
export function searchId(ownerId: string, panel: Pick<EventsPanel, 'id'>): string {
  return `${ownerId}-${panel.id}`;
}

/** Saved searches by value came with 8.10; one by reference is shown by 8.9 too. */
function events(panel: EventsPanel, grid: GridData, id: string, place: Place): PlacedPanel {
  const refName = `panel_${panel.id}`;
  return {
    panel: {
      ...frame(SEARCH_TYPE, panel.id, grid),
      ...{ title: panel.title, panelRefName: refName },
      embeddableConfig: { description: panel.description, enhancements: {} },
    },
    references: [{ type: SEARCH_TYPE, id, name: `${panel.id}:${refName}` }],
    objects: [search(panel, id, place)],
  };
}

function search({ title, description, columns, where }: EventsPanel, id: string, place: Place): SavedObject {
  const time = '@timestamp';
  const name = 'kibanaSavedObjectMeta.searchSourceJSON.index';
  // Discover opens it without the filters of the dashboard.
  const source = { query: kuery([...place.base, ...where], place), filter: [], indexRefName: name };
  return {
    ...{ type: SEARCH_TYPE, id },
    attributes: {
      ...{ title: `[${place.system}] ${title}`, description, hideChart: true, isTextBasedQuery: false, grid: {} },
      // Discover shows the time of a data view by itself, in front of the columns.
      columns: columns.map(({ field }) => place.nameOf(field)).filter((field) => field !== time),
      sort: [[time, 'desc']],
      kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify(source) },
    },
    references: [{ type: DATA_VIEW_TYPE, id: place.dataViewId, name }],
  };
}
