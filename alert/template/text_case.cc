#include "alert/template/text_case.h"

#include <locale.h>
#include <wctype.h>

#include <clocale>
#include <cwctype>

#include "query/parser/quote.h"

namespace tidemark::alert::templates {
namespace {

// The C library's tables of Unicode; always there on the platforms we run on.
locale_t Unicode() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

std::wint_t Wide(char32_t rune) { return static_cast<std::wint_t>(rune); }

char32_t Upper(char32_t rune) { return static_cast<char32_t>(towupper_l(Wide(rune), Unicode())); }
char32_t Lower(char32_t rune) { return static_cast<char32_t>(towlower_l(Wide(rune), Unicode())); }

bool IsSpace(char32_t rune) { return iswspace_l(Wide(rune), Unicode()) != 0; }

// What stands between words.
bool IsSeparator(char32_t rune) {
  if (rune < 0x80) {
    return !IsNameRune(rune);
  }
  return !IsNameRune(rune) && IsSpace(rune);
}

// Calls `change` for each character; bytes that are none stay.
template <typename Change>
std::string MapRunes(std::string_view text, Change change) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const query::Rune rune = query::DecodeRune(text);
    if (rune.value == query::kInvalidRune) {
      out.append("\xEF\xBF\xBD");
    } else {
      query::AppendRune(change(rune.value), &out);
    }
    text.remove_prefix(rune.bytes);
  }
  return out;
}

}  // namespace

bool IsLetter(char32_t rune) {
  return rune != query::kInvalidRune && iswalpha_l(Wide(rune), Unicode()) != 0;
}

bool IsNameRune(char32_t rune) {
  return rune == U'_' || (rune >= U'0' && rune <= U'9') || IsLetter(rune);
}

bool IsVisible(char32_t rune) {
  return rune != query::kInvalidRune && iswprint_l(Wide(rune), Unicode()) != 0 &&
         (rune == U' ' || !IsSpace(rune));
}

std::string ToUpper(std::string_view text) { return MapRunes(text, Upper); }

std::string ToLower(std::string_view text) { return MapRunes(text, Lower); }

std::string ToTitle(std::string_view text) {
  char32_t before = U' ';
  return MapRunes(text, [&before](char32_t rune) {
    const bool starts_word = IsSeparator(before);
    before = rune;
    return starts_word ? Upper(rune) : rune;
  });
}

}  // namespace tidemark::alert::templates
