/** The names of hidden series after a click on one of `all`: it hidden or shown; or it alone, and all again when it was alone already. */
export function toggled(
  hidden: ReadonlySet<string>,
  name: string,
  alone: boolean,
  all: readonly { readonly name: string }[],
): Set<string> {
  if (!alone) return new Set(hidden.has(name) ? [...hidden].filter((each) => each !== name) : [...hidden, name]);
  const others = all.flatMap((each) => (each.name === name ? [] : each.name));
  const isAlone = !hidden.has(name) && others.every((each) => hidden.has(each));
  return new Set(isAlone ? [] : others);
}
