import { expect, test } from 'vitest';
import { createKernel, kernel, MAX_DEPTH, MAX_EVENT_BYTES, REGION } from './memory.ts';
import { ABOUT } from './resident.ts';

test('the module and its face agree on the layout', () => {
  const { wasm } = createKernel();
  expect([wasm.CONST_AT.value, wasm.CONST_END.value]).toEqual([REGION.constants.at, REGION.constants.end]);
  expect([wasm.IN_AT.value, wasm.IN_END.value]).toEqual([REGION.input.at, REGION.input.end]);
  expect([wasm.OUT_AT.value, wasm.OUT_END.value]).toEqual([REGION.output.at, REGION.output.end]);
  expect([wasm.ROWS_AT.value, wasm.ROWS_END.value]).toEqual([REGION.rows.at, REGION.rows.end]);
  expect([wasm.SCRATCH_AT.value, wasm.SCRATCH_END.value]).toEqual([REGION.scratch.at, REGION.scratch.end]);
  expect([wasm.CONTENT_BYTES.value, wasm.NOTED_BYTES.value]).toEqual([ABOUT.contents.bytes, ABOUT.notes.bytes]);
  expect([wasm.MAX_EVENT_BYTES.value, wasm.MAX_DEPTH.value]).toEqual([MAX_EVENT_BYTES, MAX_DEPTH]);
});

test('a thread has one shared kernel; others have memories of their own', () => {
  expect(kernel()).toBe(kernel());
  expect(createKernel().bytes.buffer).not.toBe(kernel().bytes.buffer);
});
