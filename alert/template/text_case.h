// Classes and cases of Unicode characters, and texts changed by them. Independent of the process'
// locale. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace tidemark::alert::templates {

bool IsLetter(char32_t rune);
// A letter, a digit or an underscore: what names are made of.
bool IsNameRune(char32_t rune);
// Whether a reader sees the character.
bool IsVisible(char32_t rune);

std::string ToUpper(std::string_view text);
std::string ToLower(std::string_view text);
// The first letter of each word in upper case, the others as they are.
std::string ToTitle(std::string_view text);

}  // namespace tidemark::alert::templates
