/** Where the API of the real OpenCost listens. */
export interface Api {
  readonly host: string;
  readonly port: number;
}

/** The data of an answer of the API. Throws with its own words where it refuses, or where it cannot be asked. */
export async function dataOf({ host, port }: Api, path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
  const response = await fetch(`http://${host}:${port}${path}?${new URLSearchParams(parameters).toString()}`);
  const text = await response.text();
  if (!response.ok) throw new Error(text.trim());
  return (JSON.parse(text) as { data?: unknown }).data;
}
