import { randomBytes } from 'node:crypto';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { check } from '../check.ts';
import type { Person } from './api.ts';
import { withCanine } from './canine.ts';
import { asControl, does, inOrder, lacks, lists, refuses } from './in-order.ts';
import { requirements } from '../requirements.ts';

/** Canine writes to a replicated volume; several checks at the same time wait for each other there. */
const options = { uses: ['canine'], deadlineMs: 240_000 } as const;

/** Guide, Step 7: its example passwords are as long and as mixed. */
function newPerson(): Person {
  return { email: `conform-${nonce()}@example.com`, password: `SecurePass!${randomBytes(6).toString('hex')}` };
}

check(
  requirements['ADM-CANINE-USERS'],
  (context) =>
    withCanine(context, async (canine) => {
      const person = newPerson();
      const chosen = `NewSecurePass!${randomBytes(6).toString('hex')}`;
      const user = canine.user(person);
      let first = person.password;
      await inOrder(context, [
        does('the users are listed', () => canine.listUsers()),
        asControl(lacks('the new user before its creation', person.email, () => canine.listUsers())),
        asControl(refuses('a log-in of the new user before its creation', () => user.logIn(chosen))),
        does('a user is created', async () => void (first = await user.create())),
        lists('the new user among the users', person.email, () => canine.listUsers()),
        does('the user is given a new password', () => user.setPassword(chosen)),
        refuses('a log-in with the old password', () => user.logIn(first)),
        does('a log-in with the new password', () => user.logIn(chosen)),
        { subject: 'the user, fetched', expected: person.email, see: () => user.fetch() },
        asControl(refuses('a log-in of a user that does not exist', () => canine.user(newPerson()).logIn(chosen))),
      ]);
    }),
  options,
);

check(
  requirements['ADM-CANINE-SUSPEND'],
  (context) =>
    withCanine(context, async (canine) => {
      const person = newPerson();
      const user = canine.user(person);
      await inOrder(context, [
        does('a user is created', () => user.create()),
        does('the user is given a password', () => user.setPassword(person.password)),
        asControl(does('a log-in before the suspension', () => user.logIn(person.password))),
        asControl(does('a call of the API before it', () => user.useApi())),
        does('the user is suspended', () => user.suspend()),
        refuses('a log-in of the suspended user', () => user.logIn(person.password)),
        refuses('a call of the API by the suspended user', () => user.useApi()),
        does('the suspension is lifted', () => user.restore()),
        does('a log-in after that', () => user.logIn(person.password)),
        does('a call of the API after that', () => user.useApi()),
      ]);
    }),
  options,
);
