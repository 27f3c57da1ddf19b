export { definePipeline, type Pipeline } from './code/define-pipeline.ts';
