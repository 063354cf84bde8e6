-- What nginx and HAProxy do with cookies here: the consent cookie is checked, the request's refused pairs and the answer's refused lines go. Only
-- the names of the contest's work and a few of their kind are known, which is quicker than a whole catalogue.

local M = {}

-- Which figure of the consent cookie speaks for a purpose.
local ANALYTICS, MARKETING = 2, 3

local names = {
  _ga = ANALYTICS, _gid = ANALYTICS, _gat = ANALYTICS, _clck = ANALYTICS, _clsk = ANALYTICS, __utma = ANALYTICS,
  _fbp = MARKETING, _fbc = MARKETING, __gads = MARKETING, _ttp = MARKETING, _uetsid = MARKETING, _uetvid = MARKETING,
}
local prefixes = {
  { "_ga_", ANALYTICS }, { "_gat_", ANALYTICS }, { "_hjSession", ANALYTICS }, { "_pk_", ANALYTICS },
  { "_gcl_", MARKETING }, { "_gac_", MARKETING }, { "_pin_", MARKETING }, { "_dc_gtm_", ANALYTICS },
}

local find, sub, byte = string.find, string.sub, string.byte

-- Whether a cookie of this name may pass. `granted` is a text of three figures, or nil where nobody has answered.
local function may(name, granted)
  local purpose = names[name]
  if not purpose and byte(name, 1) == 95 then
    for at = 1, #prefixes do
      local row = prefixes[at]
      if sub(name, 1, #row[1]) == row[1] then
        purpose = row[2]
        break
      end
    end
  end
  return not purpose or (granted ~= nil and byte(granted, purpose) == 49)
end

-- What the consent cookie of a header grants, once `mac` (of a text, in base64) agrees with it; otherwise nil.
local function granted_by(header, mac)
  local _, start = find("; " .. header, "; consent=", 1, true)
  if not start then
    return nil
  end
  start = start - 1
  local stop = find(header, ";", start, true) or #header + 1
  local dot = find(header, ".", start, true)
  if not dot or dot >= stop then
    return nil
  end
  local said = sub(header, start, dot - 1)
  if mac(said) ~= sub(header, dot + 1, stop - 1) then
    return nil
  end
  return sub(said, 1, 3)
end

-- The Cookie header for the origin (nil where nothing is left), and what the visitor granted.
function M.request(header, mac)
  local granted = granted_by(header, mac)
  local kept, count, at = {}, 0, 1
  local length = #header
  while at <= length do
    local stop = find(header, ";", at, true) or length + 1
    while byte(header, at) == 32 do
      at = at + 1
    end
    local equals = find(header, "=", at, true) or stop
    local name = sub(header, at, (equals < stop and equals or stop) - 1)
    if name ~= "consent" and may(name, granted) then
      count = count + 1
      kept[count] = sub(header, at, stop - 1)
    end
    at = stop + 1
  end
  return count > 0 and table.concat(kept, "; ") or nil, granted
end

-- Whether a Set-Cookie line may pass.
function M.keeps(line, granted)
  local equals = find(line, "=", 1, true) or 1
  return may(sub(line, 1, equals - 1), granted)
end

return M
