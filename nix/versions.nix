# Versions as PEP 440 compares them, as far as "are these two the same?" needs it.
{ lib }:
let
  # A number without its leading zeros.
  plain =
    digits:
    let
      matched = builtins.match "0*([0-9]+)" digits;
    in
    builtins.head matched;

  orZero = digits: if digits == null || digits == "" then "0" else plain digits;

  # 1.0.0 and 1 are the same release.
  release =
    text:
    let
      parts = map plain (lib.splitString "." text);
      trim =
        list:
        if builtins.length list > 1 && lib.last list == "0" then trim (lib.init list) else list;
    in
    builtins.concatStringsSep "." (trim parts);

  preNames = {
    a = "a";
    alpha = "a";
    b = "b";
    beta = "b";
    c = "rc";
    rc = "rc";
    pre = "rc";
    preview = "rc";
  };

  # PEP 440, appendix B, as a POSIX extended expression on lower-case text.
  pattern =
    "v?(([0-9]+)!)?([0-9]+(\\.[0-9]+)*)"
    + "([._-]?(alpha|a|beta|b|preview|pre|rc|c)[._-]?([0-9]*))?"
    + "(-([0-9]+)|[._-]?(post|rev|r)[._-]?([0-9]*))?"
    + "([._-]?dev[._-]?([0-9]*))?"
    + "(\\+([a-z0-9]+([._-][a-z0-9]+)*))?";

  # The same text for all spellings of a version; null where it is none.
  key =
    text:
    let
      found = builtins.match pattern (lib.toLower text);
      group = builtins.elemAt found;
      localParts = lib.splitString "." (
        builtins.replaceStrings [ "-" "_" ] [ "." "." ] (group 14)
      );
      localPart = part: if builtins.match "[0-9]+" part == null then part else plain part;
    in
    if found == null then
      null
    else
      builtins.concatStringsSep "" [
        "${orZero (group 1)}!${release (group 2)}"
        (lib.optionalString (group 4 != null) "${preNames.${group 5}}${orZero (group 6)}")
        (lib.optionalString (group 7 != null) ".post${
          orZero (if group 8 == null then group 10 else group 8)
        }")
        (lib.optionalString (group 11 != null) ".dev${orZero (group 12)}")
        (lib.optionalString (group 13 != null) "+${
          builtins.concatStringsSep "." (map localPart localParts)
        }")
      ];
in
{
  inherit key;

  same =
    left: right:
    left == right
    || (
      let
        leftKey = key left;
      in
      leftKey != null && leftKey == key right
    );
}
