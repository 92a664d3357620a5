# Rule 8, as far as the bare text shows it: an empty or truncated file, merge markers, foreign line ends.
#
# Regular expressions are kept away from the whole text: Nix's engine recurses and overflows on megabytes.
{ lib }:
text:
let
  holds = part: builtins.replaceStrings [ part ] [ "" ] text != text;

  # 1-based number of the first line that starts with `part`; only an error asks for it.
  lineOf =
    part:
    let
      numbered = lib.imap1 (number: line: { inherit number line; }) (lib.splitString "\n" text);
    in
    (builtins.head (builtins.filter (entry: lib.hasPrefix part entry.line) numbered)).number;

  mergeMarkers = builtins.filter (marker: lib.hasPrefix marker text || holds "\n${marker}") [
    "<<<<<<<"
    "|||||||"
    "======="
    ">>>>>>>"
  ];

  byteOrderMark = builtins.fromJSON ''"\ufeff"'';

  restore = "restore the file from git, or write it again with `plugin-lock lock`";

  # What may be found, and whether it is.
  findings = [
    {
      found = lib.hasPrefix byteOrderMark text;
      entry = "line 1";
      message = "starts with a byte-order mark";
      remedy = "save the file as plain UTF-8, or ${restore}";
    }
    {
      found = holds "\r";
      entry = "the file";
      message = "has carriage returns; lines end in a bare newline";
      remedy = "keep git from changing line ends (`plugins.lock text eol=lf` in .gitattributes)";
    }
    {
      found = !lib.hasSuffix "\n" text;
      entry = "the last line";
      message = "does not end: the file is truncated";
      remedy = restore;
    }
    # The format has no arrays in arrays, and Nix's reader of TOML takes seconds for thousands of them.
    {
      found = holds "[[[" || holds "[ [ [";
      entry = "the file";
      message = "has arrays nested in arrays";
      remedy = restore;
    }
    # Nix 2.8 cuts a string at NUL, so that it would pass for another one.
    {
      found = holds "\\u0000" || holds "\\U00000000";
      entry = "the file";
      message = "holds a NUL character";
      remedy = restore;
    }
  ];

  problem = finding: {
    rule = 8;
    inherit (finding) entry message remedy;
  };
in
if builtins.replaceStrings [ " " "\n" "\t" "\r" ] [ "" "" "" "" ] text == "" then
  [
    (problem {
      entry = "the file";
      message = "is empty";
      remedy = restore;
    })
  ]
else
  map (
    marker:
    problem {
      entry = "line ${toString (lineOf marker)}";
      message = "a merge conflict is not settled (`${marker}`)";
      remedy = "merge plugins.toml, take either side's plugins.lock, then run `plugin-lock lock`";
    }
  ) mergeMarkers
  ++ map problem (builtins.filter (finding: finding.found) findings)
