/** The registries whose mirror is not the documented one, by name; also those that the guide does not name. */
export function wrongMirrors(
  documented: Readonly<Record<string, string>>,
  found: Readonly<Record<string, { readonly endpoints?: readonly string[] }>>,
): string[] {
  const names = [...new Set([...Object.keys(documented), ...Object.keys(found)])].toSorted();
  return names
    .filter((name) => found[name]?.endpoints?.join() !== documented[name])
    .map((name) => `${name}: ${found[name]?.endpoints?.join(', ') ?? 'no mirror'}`);
}
