/** Waits for a connection of the Kubernetes client, which rejects with the web socket's event where the API refuses it: that is no Error. */
export async function connected<T>(what: string, connecting: Promise<T>): Promise<T> {
  try {
    return await connecting;
  } catch (event) {
    const { message } = (event ?? {}) as { message?: unknown };
    throw new Error(`${what}: ${typeof message === 'string' ? message : 'the API refused the connection'}`, { cause: event });
  }
}
