# Addresses of files and indexes, as far as rule 2 and rule 3 look into them.
{ lib }:
let
  longest = 2000;

  loopback = "localhost|127\\.[0-9]+\\.[0-9]+\\.[0-9]+|\\[::1]";

  hostName = "[A-Za-z0-9._-]+";
  hostAddress = "\\[[0-9a-fA-F:.]+]";

  # [ scheme authority path query ], null where the address is not of that form.
  split = url: builtins.match "(https?)://([^/?#]+)(/[^?#]*)(\\?[^#]*)?" url;

  secretName = ".*(token|key|secret|sig|pass|auth|cred|user|login|jwt|session|x-amz-|x-goog-).*";

  # A query may select a file; what looks like a token may not stand in a lock.
  parameterMayBeSecret =
    parameter:
    let
      parts = lib.splitString "=" parameter;
      value = builtins.concatStringsSep "=" (builtins.tail parts);
    in
    builtins.stringLength value > 20
    || builtins.match secretName (lib.toLower (builtins.head parts)) != null;

  queryMayBeSecret =
    query: builtins.any parameterMayBeSecret (lib.splitString "&" (lib.removePrefix "?" query));

  # The characters a wheel's name may hold and a URL may hold escaped.
  decode =
    builtins.replaceStrings
      [ "%21" "%2B" "%2b" "%2D" "%2d" "%2E" "%2e" "%5F" "%5f" ]
      [ "!" "+" "+" "-" "-" "." "." "_" "_" ];

  characters = "[]A-Za-z0-9._~:/?@!$&'()*+,;=%[-]+";

  user = "([A-Za-z0-9_][A-Za-z0-9_.-]*@)?";

  # git's short form for ssh, as user, host and path: no password fits in, and no second colon follows the first, as
  # `ext::…` is a command to git.
  scpLike =
    url:
    if builtins.match "(file|ssh|git|https?):.*" url != null then
      null
    else
      builtins.match "${user}([A-Za-z0-9][A-Za-z0-9.-]*):([A-Za-z0-9_.~][A-Za-z0-9_.~+/-]*)" url;

  # git and ssh would take a host or user that begins with `-` for an option.
  isSsh =
    url:
    builtins.match "ssh://${user}[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?/[^/@:][^@:]*" url != null;

  isLocal = url: builtins.match "file://(${loopback})?/.*" url != null;

  hasParent = path: builtins.elem ".." (lib.splitString "/" (decode path));

  # The address of a file or an index.
  fault =
    url:
    let
      parts = split url;
      scheme = builtins.elemAt parts 0;
      authority = builtins.elemAt parts 1;
      query = builtins.elemAt parts 3;
    in
    if builtins.stringLength url > longest then
      "is longer than ${toString longest} characters"
    else if builtins.match characters url == null then
      "holds characters that no URL may hold (a `#` fragment included)"
    else if parts == null then
      "is not an absolute https address"
    else if builtins.match "[^@]*" authority == null then
      "holds a user name, password or token"
    else if builtins.match "(${hostName}|${hostAddress})(:[0-9]+)?" authority == null then
      "names no host"
    else if scheme != "https" && builtins.match "(${loopback})(:[0-9]+)?" authority == null then
      "is not https"
    else if hasParent (builtins.elemAt parts 2) then
      "holds `..`"
    else if query != null && queryMayBeSecret query then
      "holds a query that may be a token"
    else
      null;

  # The address of a repository, which ssh and git's own forms may give as well.
  gitFault =
    url:
    let
      isShort = scpLike url != null;
      isOwnScheme = builtins.match "(ssh|file)://.*" url != null;
      wrong = fault url;
    in
    if !isShort && !isOwnScheme then
      if wrong == "is not https" then "is not https, ssh or a local file" else wrong
    else if builtins.stringLength url > longest then
      "is longer than ${toString longest} characters"
    else if builtins.match characters url == null || builtins.match "[^?]*" url == null then
      "holds characters that no URL of a repository may hold (a query or `#` fragment included)"
    else if hasParent url || (isShort && hasParent (builtins.elemAt (scpLike url) 2)) then
      "holds `..`"
    else if isShort || isLocal url || isSsh url then
      null
    else if builtins.match "ssh://[^/]*:[^/]*@.*" url != null then
      "holds a user name, password or token"
    else
      "is not an ssh URL such as ssh://git@host/path, nor a local file";

  withoutDefaultPort =
    scheme: authority: lib.removeSuffix (if scheme == "https" then ":443" else ":80") authority;
in
{
  # What is wrong with an address, in words that hold nothing of it; null where nothing is.
  inherit fault gitFault scpLike;

  # scheme://host[:port], in lower case, without the default port.
  origin =
    url:
    let
      parts = builtins.match "(https?)://([^/?#]+).*" url;
      scheme = builtins.head parts;
    in
    if parts == null then
      null
    else
      "${scheme}://${withoutDefaultPort scheme (lib.toLower (builtins.elemAt parts 1))}";

  lastSegment =
    url:
    let
      parts = split url;
    in
    if parts == null then "" else decode (lib.last (lib.splitString "/" (builtins.elemAt parts 2)));
}
