import { equal, noneOf } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { CommandAnswer } from '../../../harness/platform/cluster.ts';
import { check } from '../../fixtures/check.ts';
import { requirements } from '../requirements.ts';
import { type LoggedRequest, withAnsweringServer } from './answering-server.ts';
import { atWorkstation, bareFolder, refuses, runScript, succeeds } from './guide-script.ts';
import { type NewTenant, accepted, printed, readPrinted, tenantWithNamespace } from './provisioning.ts';
import { requestText } from './request-text.ts';

const vantage = "a server in Canine's place";
const token = 'conform-no-key';

/** The input of provision-tenant.sh: its arguments for a tenant, and its token. */
interface Input {
  readonly given: (tenant: NewTenant) => readonly string[];
  readonly token: string | undefined;
}

const complete: Input = { given: ({ name, email, password }) => [name, email, password], token };

const incomplete: readonly (Input & { readonly missing: string })[] = [
  { missing: 'the name missing', given: () => [], token },
  { missing: 'the e-mail missing', given: ({ name }) => [name], token },
  { missing: 'the password missing', given: ({ name, email }) => [name, email], token },
  { missing: 'the name empty', given: ({ email, password }) => ['', email, password], token },
  { missing: 'the token missing', given: complete.given, token: undefined },
  { missing: 'the token empty', given: complete.given, token: '' },
];

check(
  requirements['ISO-PROVISION-BAD-INPUT'],
  async (context) => {
    const { observe, control } = context;
    context.hint(readPrinted);
    const [plain, quoted, folder] = await Promise.all([tenantWithNamespace(context), tenantWithNamespace(context), bareFolder(context)]);
    const run = async (tenant: NewTenant, input: Input) => provisionWithInput(context, tenant, { input, folder });
    const ends = await Promise.all(incomplete.map(async (input) => ({ ...input, ...(await run(plain, input)) })));
    for (const { missing, answer, requests } of ends) {
      observe(refuses(missing, answer));
      observe(noneOf(`requests with ${missing}`, { saw: requests.map(({ method, path }) => `${method} ${path}`), vantage }));
    }

    const awkward = { ...quoted, email: `o'brien.${quoted.email}`, password: String.raw`a"b\c'd $HOME` };
    const [usual, unusual] = await Promise.all([run(plain, complete), run(awkward, complete)]);
    control(succeeds('with all of them', usual.answer));
    control(equal('requests with all of them', { expected: '1', saw: String(usual.requests.length), vantage }));
    observe(succeeds('with quotes and a backslash in e-mail and password', unusual.answer));
    observe(equal('the e-mail that it prints', { expected: awkward.email, saw: printed(unusual.answer, 'Email'), vantage: atWorkstation }));
    // Field by field the plain request, with the awkward values in the place of the plain ones.
    const exchanged = { [plain.name]: awkward.name, [plain.email]: awkward.email, [plain.password]: awkward.password };
    observe(
      equal('the request with quotes and a backslash', {
        expected: usual.requests.map((request) => requestText(request, exchanged)),
        saw: unusual.requests.map((request) => requestText(request)),
        vantage,
      }),
    );
  },
  { deadlineMs: 240_000 },
);

/** Runs provision-tenant.sh against a Canine that accepts everything, in a folder without a key; tells the requests that came. */
async function provisionWithInput(
  context: CheckContext,
  tenant: NewTenant,
  { input, folder }: { readonly input: Input; readonly folder: string },
): Promise<{ answer: CommandAnswer; requests: readonly LoggedRequest[] }> {
  return withAnsweringServer(accepted(tenant), async ({ environment, requests }) => ({
    answer: await runScript(context, {
      script: 'provision-tenant.sh',
      arguments: input.given(tenant),
      environment: { ...environment, CANINE_TOKEN: input.token },
      folder,
    }),
    requests,
  }));
}
