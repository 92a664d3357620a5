# A file name as the name of a store path.
#
# Store names admit no `!` (epochs) and no `%`, and at most 211 characters, four of which the derivation's own
# `.drv` takes.  A name that has to change gets a digest of the true one: two files never share a store name, and a
# hash left behind under a new version is never satisfied by the old bytes.
let
  longest = 207;

  # What tells the kind of a file stays at its end.
  suffixes = [
    ".whl"
    ".tar.gz"
    ".tar.bz2"
    ".tar.xz"
    ".tgz"
    ".tar"
    ".zip"
  ];
in
fileName:
let
  legal = builtins.replaceStrings [ "!" "%" ] [ "-" "-" ] fileName;
  digest = builtins.substring 0 16 (builtins.hashString "sha256" fileName);
  length = builtins.stringLength legal;

  hasSuffix =
    suffix:
    let
      start = length - builtins.stringLength suffix;
    in
    start > 0 && builtins.substring start (-1) legal == suffix;

  suffix = builtins.head (builtins.filter hasSuffix suffixes ++ [ "" ]);
  room = longest - 17 - builtins.stringLength suffix;
  stem = builtins.substring 0 (length - builtins.stringLength suffix) legal;
in
if legal == fileName && length <= longest then
  fileName
else
  "${builtins.substring 0 room stem}-${digest}${suffix}"
