//! What the pack for an inspection says of itself, in Korean and English.
//!
//! Refuses to claim what wasn't computed: whether the log fits is handed in. Invariant: both languages say the same.

/// What is filled in.
pub(super) struct Filled<'a> {
    /// From which day to which.
    pub(super) range: &'a str,
    /// When the pack was made.
    pub(super) made: &'a str,
    /// Sites by name.
    pub(super) sites: &'a str,
    /// Leaves of the log.
    pub(super) size: u64,
    /// Heads that were compared.
    pub(super) heads: u64,
    /// What doesn't fit, if anything.
    pub(super) fault: Option<&'a str>,
}

/// The README of a pack.
pub(super) fn readme(filled: &Filled<'_>) -> String {
    let Filled { range, made, sites, size, heads, fault } = *filled;
    let (fits_ko, fits_en) = match fault {
        None => (
            format!("로그의 {size}개 항목 전부에서 다시 계산한 결과, 서명된 로그 상태 {heads}개와 모두 일치합니다."),
            format!("Computed anew from all {size} leaves, the log fits each of its {heads} signed heads."),
        ),
        Some(fault) => (
            format!("주의: 로그가 서명된 상태와 일치하지 않습니다. ({fault})"),
            format!("Attention: the log does not fit its signed heads: {fault}."),
        ),
    };
    format!(
        "# 동의 기록 점검 자료 / Evidence of consent\n\n\
         ## 한국어\n\n\
         - 대상 기간: {range} (UTC)\n- 작성 일시: {made}\n- 사이트: {sites}\n- 로그 확인: {fits_ko}\n\n\
         이 자료에는 개별 이용자의 기록이 들어 있지 않습니다. 개별 기록은 사유를 남기고 `records show`, `records export`로 확인합니다.\n\n\
         | 파일 | 내용 |\n|---|---|\n\
         | `SITE/versions.csv` | 개인정보 처리방침의 버전, 공지일과 시행일 |\n\
         | `SITE/policies/` | 각 버전의 원문 |\n\
         | `SITE/pages/` | 이용자에게 표시된 배너와 설정 페이지(언어별). `seen-` 파일은 기간 중의 기록이 가리키는 화면입니다. |\n\
         | `SITE/settings.json` | 현재 설정(비밀 값 제외) |\n\
         | `SITE/configuration.jsonl` | 기간 중의 설정 변경 |\n\
         | `SITE/destruction.jsonl` | 파기 대장 |\n\
         | `SITE/counts.csv` | 일별 집계(개인 식별 정보 없음) |\n\
         | `switches.txt` | 긴급 우회 스위치의 조작 이력 |\n\
         | `log/leaves.txt`, `log/heads.jsonl`, `log/keys.json` | 로그 항목의 해시, 서명된 상태, 공개 키 |\n\n\
         확인 방법: `leaves.txt`의 각 줄은 로그 항목의 해시입니다(RFC 9162 2.1.1). 처음 `size`개의 항목으로 머클 트리의 루트를 계산하면 `heads.jsonl`의 `root`와 같아야 하며, \
         `signature`는 밀리초 단위 시각(8바이트), `size`(8바이트), 32(1바이트), `root`, 0(2바이트)에 대한 Ed25519 서명입니다(RFC 9162 4.9). 파기된 기록의 해시는 로그에 남으며, 그 해시만으로는 내용을 알 수 없습니다.\n\n\
         ## English\n\n\
         - Days: {range} (UTC)\n- Made: {made}\n- Sites: {sites}\n- Log: {fits_en}\n\n\
         No record of any single visitor is in this pack; those are read with `records show` and `records export`, which ask for a reason and note it.\n\n\
         | File | Holds |\n|---|---|\n\
         | `SITE/versions.csv` | Versions of the privacy policy, when they were announced and came into force |\n\
         | `SITE/policies/` | The text of each version |\n\
         | `SITE/pages/` | Banner and settings page as visitors see them, by language; `seen-` files are those that records of these days name |\n\
         | `SITE/settings.json` | The configuration now, without secrets |\n\
         | `SITE/configuration.jsonl` | Changes of the configuration in these days |\n\
         | `SITE/destruction.jsonl` | The destruction register |\n\
         | `SITE/counts.csv` | Counts by day, with nobody in them |\n\
         | `switches.txt` | Turns of the emergency switch |\n\
         | `log/leaves.txt`, `log/heads.jsonl`, `log/keys.json` | Hashes of the log's entries, its signed heads, the public key |\n\n\
         To check: each line of `leaves.txt` is the hash of a leaf (RFC 9162 2.1.1). The Merkle tree's root over the first `size` of them must be the `root` in `heads.jsonl`, and \
         `signature` is Ed25519 over the time in milliseconds (8 bytes), `size` (8 bytes), 32 (1 byte), `root`, and 0 (2 bytes) (RFC 9162 4.9). The hash of a destroyed record stays in the log; it tells nothing of what the record said.\n"
    )
}
