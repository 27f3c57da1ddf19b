export { type BuiltFile, buildFile, FILE_TARGETS, type FileTarget, leftOut } from './build.ts';
export { library } from './library.generated.ts';
export type * from './model.ts';
export { NotExpressible } from './not-expressible.ts';
export { DEFAULTS, fieldName, ParameterError, parametersFrom } from './parameters.ts';
