export type * from './model.ts';
export { NotExpressible } from './not-expressible.ts';
export { DEFAULTS, fieldName, ParameterError, parametersFrom } from './parameters.ts';
