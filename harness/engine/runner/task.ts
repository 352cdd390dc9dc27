import { readFileSync } from 'node:fs';

/** The file descriptor on which a program at the cluster finds its task (conversation.ts). */
const taskDescriptor = 4;

/** The task that this program was started for; it can be read once. Throws when nobody has started it that way. */
export function readTask(): unknown {
  try {
    return JSON.parse(readFileSync(taskDescriptor, 'utf8'));
  } catch (error) {
    throw new Error('there is no task on file descriptor 4: checks are run by `conform verify`', { cause: error });
  }
}
