# How names, versions, file names and the like are spelt (rule 5).
#
# None of them admits `..`, control characters or `${`, and none but a start-up file's path admits `/`: a value
# that fits is safe in a store path, a shell word and an error message.  Expressions are POSIX extended ones.
{ lib }:
let
  number = "(0|[1-9][0-9]*)";
  identifier = "[A-Za-z_][A-Za-z0-9_]*";
  dotted = "${identifier}(\\.${identifier})*";
  segment = "[A-Za-z0-9_][A-Za-z0-9_.+@~-]*";
  path = "\\.?${segment}(/\\.?${segment})*";
  refPart = "[A-Za-z0-9_#][A-Za-z0-9_.+@#=%-]*";
  localPart = "(${number}|[0-9]*[a-z][a-z0-9]*)";

  grammar = longest: says: pattern: {
    inherit says;
    fits =
      value:
      builtins.stringLength value <= longest
      && builtins.match pattern value != null
      && builtins.replaceStrings [ ".." ] [ "" ] value == value;
  };

  # Free text: anything that fits on a line of a terminal, without a password.
  plainText = {
    says = "one line of printable text without credentials";
    fits =
      value:
      value != ""
      && builtins.stringLength value <= 4000
      && builtins.match "[^[:cntrl:]]+" value != null
      && builtins.match ".*(https?://[^/ @]*@|://[^/ @:]*:[^/ @]*@).*" value == null;
  };
in
{
  inherit plainText;

  name =
    grammar 128
      "a normalized name (PEP 503: lower-case letters and digits, single hyphens between them)"
      "[a-z0-9]+(-[a-z0-9]+)*";

  version =
    grammar 128 "a version in normal form (PEP 440)"
      "([1-9][0-9]*!)?${number}(\\.${number})*((a|b|rc)${number})?(\\.post${number})?(\\.dev${number})?(\\+${localPart}(\\.${localPart})*)?";

  system = {
    says = "a system plugin-lock knows";
    fits = value: (import ./systems.nix) ? ${value};
  };

  python = grammar 128 "a Python version such as 3.12" "3\\.${number}(\\.${number})?";

  platformOf =
    system:
    if lib.hasSuffix "-darwin" system then
      grammar 128 "a macOS platform such as macosx_13_0" "macosx_${number}_${number}"
    else
      grammar 128 "a Linux platform such as manylinux_2_28" "manylinux_${number}_${number}";

  wheel = grammar 255 "a wheel's file name" "[A-Za-z0-9_][A-Za-z0-9._+!-]*\\.whl";

  sdist =
    grammar 255 "a source distribution's file name, ending in .tar.gz or .zip"
      "[A-Za-z0-9_][A-Za-z0-9._+!-]*\\.(tar\\.gz|zip)";

  # Of an archive or a tree, which may be called anything.
  artifact = grammar 255 "a plain file name" "[A-Za-z0-9_][A-Za-z0-9._+!-]*";

  path = grammar 255 "a relative path of plain folder names" path;

  backend =
    grammar 255 "a build backend (PEP 517: `module` or `module:object`)"
      "${dotted}(:${dotted})?";

  backendPath = grammar 255 "`.` or a relative path of plain folder names" "\\.|${path}";

  gitRef = grammar 255 "a tag, branch or commit" "${refPart}(/${refPart})*";

  pluginId = grammar 128 "a plugin's id" segment;

  environmentVariable = grammar 128 "an environment variable's name" identifier;

  identityKey =
    grammar 64 "a key of a publisher (letters, digits, `_` and `-`)"
      "[A-Za-z][A-Za-z0-9_-]*";

  risk = grammar 128 "a word such as `caution`" "[a-z][a-z0-9_-]*";

  module = grammar 255 "a module's dotted name" dotted;

  startupFile =
    grammar 255 "a relative path of plain file names"
      "${segment}(/${segment})*";

  fileName = grammar 255 "a plain file name" segment;

  group =
    grammar 255 "an entry-point group (words joined by dots)"
      "[A-Za-z0-9_]+([.-][A-Za-z0-9_]+)*";

  entryPointName =
    grammar 255 "an entry point's name"
      "[A-Za-z0-9_][A-Za-z0-9_.+:-]*( [A-Za-z0-9_][A-Za-z0-9_.+:-]*)*";

  entryPointValue =
    grammar 500 "`module` or `module:attribute`"
      "${dotted}([[:space:]]*:[[:space:]]*${dotted})?";

  indexName = grammar 128 "the name of an index" "[A-Za-z0-9_][A-Za-z0-9_.-]*";

  pluginKind =
    grammar 16 "a kind of plugin this version knows: package, directory" "package|directory"
    // {
      rule = 7;
    };

  sourceKind =
    grammar 32 "a kind of host source"
      "uv-lock|pylock|requirements|plugins-lock|environment|requirement|none";

  flakeInput = grammar 128 "the name of a flake input" "[A-Za-z0-9_][A-Za-z0-9_.'/-]*";

  # Rule 4: never a branch or a tag.
  commit =
    grammar 64 "a commit of 40 (or 64) lower-case hex digits" "[0-9a-f]{40}([0-9a-f]{24})?"
    // { rule = 4; };

  spanOrDate =
    grammar 128 "a span such as P7D, or a date"
      "P[0-9A-Z.,]+|[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?";

  prereleases =
    grammar 128 "disallow, explicit, if-necessary or allow"
      "disallow|explicit|if-necessary|allow";

  # PEP 440, its characters only: what it means is settled when locking.
  specifier =
    grammar 1000 "a version specifier (PEP 440)"
      "[*]|[<>=!~][][ <>=!~A-Za-z0-9.,*+_-]*";

  timestamp =
    grammar 64 "a time in UTC such as 2026-01-02T03:04:05Z"
      "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z";

  sha256 = {
    says = "64 lower-case hex digits";
    # Cheaper than an expression with a repeat count, and asked once a file.
    fits = value: builtins.stringLength value == 64 && builtins.match "[0-9a-f]+" value != null;
  };

  # 32 bytes leave the last digit two bits that must be zero: one spelling for one hash.
  narHash = {
    says = "an SRI sha256 of 44 base64 digits";
    rule = 1;
    fits = value: builtins.match "sha256-[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=" value != null;
  };

  # A marker, specifier or requirement: Python alone reads those, and nothing in one is a path or to be evaluated.
  expression = {
    says = "one line of text without credentials, `../` and what Nix would evaluate";
    fits =
      value:
      plainText.fits value && builtins.replaceStrings [ "\${" "../" ] [ "" "" ] value == value;
  };
}
