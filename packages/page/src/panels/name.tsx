const LONG = 24;
const END = 8;

/** Text of which, where it does not fit, the middle gives way: names are told apart by how they end as well as by how they begin. Sentences lose their end. */
export function Name({ text }: { readonly text: string }) {
  const letters = [...text];
  if (letters.length <= LONG || text.includes(' ')) return <>{text}</>;
  return (
    <>
      <span class="name-begin">{letters.slice(0, -END).join('')}</span>
      {letters.slice(-END).join('')}
    </>
  );
}
