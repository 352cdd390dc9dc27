import { Option } from 'commander';
import { exitCode, Problem } from '../harness/engine/problem.ts';
import { type RunEvent, eventLine, refusal } from '../harness/engine/runner/events.ts';
import type { Phase } from '../provision/provider.ts';
import { exitCodeOf } from '../reports/exit-code.ts';
import type { RunConsole } from '../runs/run-console.ts';
import type { RunEnd } from '../runs/verify.ts';
import { interruptSignal, overdueSignal } from './interrupt.ts';
import { createPhase } from './phase.ts';

const progressForms = ['text', 'json'] as const;
export type Progress = (typeof progressForms)[number];

export function progressOption(): Option {
  return new Option(
    '--progress <form>',
    'progress on standard error: text for people, or json: one event a line (kind: began, surveyed, decided, matrix, note, refused, ...), for machines',
  )
    .choices([...progressForms])
    .default('text');
}

/** Runs a verification and sets the exit code of the command by its end. */
export async function withConsole(progress: Progress, run: (console: RunConsole) => Promise<RunEnd>): Promise<void> {
  try {
    const { record, isInterrupted } = await run(progress === 'json' ? jsonConsole() : textConsole());
    process.exitCode = isInterrupted ? exitCode.interrupted : exitCodeOf(record);
  } catch (error) {
    if (progress === 'text' || !(error instanceof Problem)) throw error;
    tellEvent(refusal(error));
    process.exitCode = error.code;
  }
}

function print(text: string): void {
  process.stdout.write(text);
}

const colour = process.stdout.isTTY === true && !process.env['NO_COLOR'];

function textConsole(): RunConsole {
  const warn = (text: string): void => void process.stderr.write(`${text}\n`);
  return { phase: createPhase(interruptSignal()), lastPhase: createPhase(overdueSignal()), warn, print, colour };
}

function jsonConsole(): RunConsole {
  const warn = (text: string): void => tellEvent({ kind: 'note', text });
  return { phase: jsonPhase(interruptSignal()), lastPhase: jsonPhase(overdueSignal()), warn, print, colour, listen: tellEvent };
}

function tellEvent(event: RunEvent): void {
  process.stderr.write(eventLine(event));
}

/** What the runner tells is told by itself; a phase tells when it begins and ends. */
function jsonPhase(signal: AbortSignal): Phase {
  return async (title, run) => {
    tellEvent({ kind: 'note', text: `${title} ...` });
    const value = await run({ signal, say: () => undefined });
    tellEvent({ kind: 'note', text: `${title}: done` });
    return value;
  };
}
