import type { KubernetesObject } from '@kubernetes/client-node';
import type { CheckContext } from '../../harness/platform/check.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import type { ApiAnswer } from '../../harness/platform/kubernetes/api-request.ts';
import type { Kubernetes } from '../../harness/platform/kubernetes/kubernetes.ts';
import { atApi } from '../../harness/engine/measured.ts';
import { patience } from '../../harness/engine/patience.ts';
import { WaitTimeout, until } from '../../harness/engine/waiting.ts';

/**
 * Hands an object to the API; a refusal is an answer. Only for what is deleted with its namespace. Throws when the API is too busy
 * or failed itself, for it then has not judged the object.
 */
export async function tryToMake(
  kubernetes: Kubernetes,
  object: KubernetesObject,
  { signal, dryRun = false }: { signal: AbortSignal; dryRun?: boolean },
): Promise<ApiAnswer> {
  const path = await kubernetes.raw.path(
    { apiVersion: object.apiVersion ?? '', kind: object.kind ?? '', metadata: { name: '', namespace: object.metadata?.namespace ?? '' } },
    signal,
  );
  const answer = await kubernetes.request(
    { method: 'POST', path: `${path.replace(/\/$/, '')}${dryRun ? '?dryRun=All' : ''}`, body: object },
    signal,
  );
  return judged(`a ${object.kind}`, answer);
}

/** The answer to what was asked of the API. Throws when it is too busy or failed itself, for that is no judgement. */
export function judged(what: string, answer: ApiAnswer): ApiAnswer {
  if (answer.status === 429 || answer.status >= 500) throw new Error(`the API has not judged ${what}: ${answerText(answer)}`);
  return answer;
}

/** Deletes an object without a period of grace. */
export async function removeNow(
  { cluster: { kubernetes }, signal }: Pick<CheckContext, 'cluster' | 'signal'>,
  { apiVersion = '', kind = '', metadata }: KubernetesObject,
): Promise<void> {
  await kubernetes.raw.delete(
    { apiVersion, kind, metadata: { name: metadata?.name ?? '', namespace: metadata?.namespace ?? '' } },
    { gracePeriodSeconds: 0 },
    signal,
  );
}

/** The status of an answer, with the API's words where it is a refusal. */
export function answerText({ status, message }: ApiAnswer): string {
  return status < 300 ? String(status) : `${status} ${message}`.trim();
}

/** An object that is admitted. */
export function admitted(subject: string, answer: ApiAnswer, vantage = atApi): Measured {
  return { subject, vantage, expected: '201', saw: answerText(answer), held: answer.status === 201 };
}

/** Objects that are all admitted. */
export function allAdmitted(subject: string, answers: readonly ApiAnswer[], vantage = atApi): Measured {
  const refusals = answers.filter(({ status }) => status !== 201).map(answerText);
  const saw = refusals.length === 0 ? `${answers.length} admitted` : `${refusals.length} of ${answers.length} refused: ${refusals[0]}`;
  return { subject, vantage, expected: 'all admitted', saw, held: refusals.length === 0 };
}

/** An object that is refused, by whom the words tell. */
export function refused(
  subject: string,
  answer: ApiAnswer,
  { words, status = 403, vantage = atApi }: { words: readonly string[]; status?: number; vantage?: string },
): Measured {
  return {
    subject,
    vantage,
    expected: `${status}, naming ${words.join(' and ')}`,
    saw: answerText(answer),
    held: answer.status === status && words.every((word) => answer.message.includes(word)),
  };
}

/** A quota gives room back a moment after an object has gone; the last answer when it does not. Throws when the API cannot be asked. */
export async function admittedAgain(
  { cluster: { kubernetes }, signal }: Pick<CheckContext, 'cluster' | 'signal'>,
  object: KubernetesObject,
): Promise<ApiAnswer> {
  let last: ApiAnswer | undefined;
  try {
    return await until('room in the quota', { timeoutMs: patience('effect'), everyMs: 500, signal }, async () => {
      last = await tryToMake(kubernetes, object, { signal });
      return last.status === 201 ? { done: last } : { notYet: answerText(last) };
    });
  } catch (error) {
    if (error instanceof WaitTimeout && last !== undefined) return last;
    throw error;
  }
}
