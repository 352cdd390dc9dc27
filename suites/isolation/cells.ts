/** Moved, for other suites read the matrix too. */
export * from '../../harness/fixtures/cells.ts';
