/** The keys of a profile in a file of AWS's shared credentials (INI). Throws where one is missing. */
export function credentialsIn(text: string, profile: string): { readonly accessKey: string; readonly secretKey: string } {
  const values = new Map<string, string>();
  let section = '';
  for (const line of text.split('\n').map((each) => each.trim())) {
    const [, name] = /^\[(.*)\]$/.exec(line) ?? [];
    if (name !== undefined) section = name.trim();
    const [key = '', ...value] = line.split('=');
    if (section === profile && value.length > 0) values.set(key.trim(), value.join('=').trim());
  }
  const value = (key: string): string => {
    const found = values.get(key);
    if (found === undefined || found === '') throw new Error(`no ${key} of profile ${profile} in the credentials`);
    return found;
  };
  return { accessKey: value('aws_access_key_id'), secretKey: value('aws_secret_access_key') };
}
